import type { JSONWebKeySet, JWSHeaderParameters } from "jose";
import type { Clock } from "../../../base/clock.ts";
import type { DocumentSource } from "./fetch-document.ts";

export interface KeySetOptions {
  readonly issuer: string;
  /** Where the discovery document is, when not under the issuer's own URL. */
  readonly discoveryUrl?: string | undefined;
  readonly documents: DocumentSource;
  readonly clock: Clock;
}

/** The keys of an issuer. */
export interface KeySet {
  /**
   * The token's payload when one of the issuer's keys signed it by one of the algorithms.
   * @throws Error that says why not
   */
  verify(token: string, algorithms: readonly string[]): Promise<Uint8Array>;
}

/** A token with an unknown key makes the keys be fetched again, but not more often than this. */
const REFETCH_MS = 5_000;

/** Keys as the issuer publishes them: fetched at the first token, kept, and fetched again when a token names one that is new. */
export function remoteKeySet(options: KeySetOptions): KeySet {
  const { clock } = options;
  let keys: JSONWebKeySet | undefined;
  let fetching: Promise<JSONWebKeySet> | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;

  function fetchKeys(): Promise<JSONWebKeySet> {
    fetching ??= fetchKeySet(options)
      .then((found) => {
        keys = found;
        return found;
      })
      .finally(() => {
        fetchedAt = clock.monotonic();
        fetching = undefined;
      });
    return fetching;
  }

  return {
    async verify(token, algorithms) {
      const jose = await import("jose");
      const attempt = async (set: JSONWebKeySet): Promise<Uint8Array> => {
        const candidates = jose.createLocalJWKSet(set);
        const header = jose.decodeProtectedHeader(token) as JWSHeaderParameters;
        try {
          const verified = await jose.compactVerify(token, candidates, { algorithms: [...algorithms] });
          return verified.payload;
        } catch (error) {
          if (!(error instanceof jose.errors.JWKSMultipleMatchingKeys)) throw error;
          // A token that does not say which key: any of them will do.
          for await (const key of error) {
            const verified = await jose
              .compactVerify(token, key, { algorithms: [...algorithms] })
              .catch(() => undefined);
            if (verified !== undefined) return verified.payload;
          }
          throw new jose.errors.JWSSignatureVerificationFailed(`no key of ${header.alg} fits`, { cause: error });
        }
      };
      const known = keys ?? (await fetchKeys());
      try {
        return await attempt(known);
      } catch (error) {
        const isUnknown =
          error instanceof jose.errors.JWKSNoMatchingKey || error instanceof jose.errors.JWSSignatureVerificationFailed;
        if (!isUnknown || clock.monotonic() - fetchedAt < REFETCH_MS) throw error;
        return await attempt(await fetchKeys());
      }
    },
  };
}

async function fetchKeySet({ issuer, discoveryUrl, documents }: KeySetOptions): Promise<JSONWebKeySet> {
  const url = discoveryUrl || `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const discovery = (await documents.fetch(url)) as { issuer?: unknown; jwks_uri?: unknown } | null;
  if (discovery?.issuer !== issuer) {
    throw new Error(
      `oidc: issuer URL provided to client (${JSON.stringify(issuer)}) did not match the issuer URL returned by provider (${JSON.stringify(discovery?.issuer)})`,
    );
  }
  const { jwks_uri: location } = discovery;
  if (typeof location !== "string" || !location.startsWith("https://")) {
    throw new Error(`the discovery document ${url} names no https jwks_uri`);
  }
  const set = (await documents.fetch(location)) as JSONWebKeySet | null;
  if (!Array.isArray(set?.keys)) throw new Error(`${location} is no JSON Web Key Set`);
  return { keys: set.keys };
}
