import { type FieldError, invalid, invalidObject } from "../../api/field-error.ts";
import type { TokenRequest, TokenRequestSpec } from "../../api/generated/authentication.k8s.io/v1.ts";
import type { ServiceAccount } from "../../api/generated/core/v1.ts";
import { type Clock, formatTime } from "../../base/clock.ts";
import { signToken, type TokenKey } from "../../base/json-web-token.ts";
import type { Random } from "../../base/random.ts";
import type { ObjectReader } from "../reader.ts";
import type { KubernetesClaims, ServiceAccountClaims } from "./service-account-claims.ts";
import { bindToken } from "./token-binding.ts";
import { serviceAccountUserName } from "./users.ts";

export interface TokenIssuerOptions {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly random: Random;
  /** What signs now: it may be exchanged. */
  key(): TokenKey;
  readonly issuer: string;
  /** What a token is for when its request does not say: the API server itself. */
  readonly audiences: readonly string[];
  /** Longest life that can be asked for; what is asked beyond is shortened. What extendExpiration adds comes on top. */
  readonly maxExpirationSeconds?: number | undefined;
  /** Whether pods' tokens live on for clients that read them once; they do when absent. */
  readonly extendExpiration?: boolean | undefined;
}

/** Issues what `serviceaccounts/<name>/token` asks for. */
export interface TokenIssuer {
  /**
   * What the request asks for, with what it left open. Once more by `issue`, for those who ask for a token themselves.
   * @throws StatusError Invalid
   */
  complete(request: TokenRequest): TokenRequestSpec;
  /**
   * The request with its status filled in.
   * @param warn told when the token lives shorter than was asked
   * @throws StatusError Invalid, NotFound or Conflict as upstream's TokenREST
   */
  issue(serviceAccount: ServiceAccount, request: TokenRequest, warn?: (message: string) => void): Promise<TokenRequest>;
}

type Completed = TokenRequestSpec & Required<Pick<TokenRequestSpec, "audiences" | "expirationSeconds">>;

const DEFAULT_EXPIRATION_SECONDS = 3600;
const MIN_EXPIRATION_SECONDS = 600;
const MAX_EXPIRATION_SECONDS = 2 ** 32;
/**
 * What the admission plugin asks for in every pod. Clients from before rotating tokens read the file once: for them such a
 * token can be let live a year, and then says from when on its use is worth a warning.
 */
const WARN_AFTER_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 60 * 60;

export function createTokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  const complete = ({ spec }: TokenRequest): Completed => {
    const audiences = spec?.audiences?.length ? spec.audiences : [...options.audiences];
    const expirationSeconds = spec?.expirationSeconds ?? DEFAULT_EXPIRATION_SECONDS;
    checkExpiration(expirationSeconds);
    return { ...spec, audiences, expirationSeconds };
  };
  return {
    complete,
    async issue(serviceAccount, request, warn) {
      const { audiences, expirationSeconds: asked } = complete(request);
      const name = serviceAccount.metadata?.name ?? "";
      const expirationSeconds = Math.min(asked, options.maxExpirationSeconds ?? asked);
      if (expirationSeconds < asked) {
        warn?.(`requested expiration of ${asked} seconds shortened to ${expirationSeconds} seconds`);
      }
      const bound = await bindToken(options.reader, serviceAccount, request.spec?.boundObjectRef);

      const nowSeconds = Math.floor(options.clock.now() / 1000);
      const forThisServer = audiences.every((audience) => options.audiences.includes(audience));
      const isPodToken = expirationSeconds === WARN_AFTER_SECONDS && forThisServer && bound.pod !== undefined;
      const extended = isPodToken && options.extendExpiration === true;
      const lifetimeSeconds = extended ? EXTENDED_SECONDS : expirationSeconds;
      const namespace = serviceAccount.metadata?.namespace ?? "";
      const kubernetes: KubernetesClaims = {
        namespace,
        ...bound,
        serviceaccount: { name, uid: serviceAccount.metadata?.uid ?? "" },
        ...(extended ? { warnafter: nowSeconds + WARN_AFTER_SECONDS } : {}),
      };
      const claims: ServiceAccountClaims = {
        aud: audiences,
        exp: nowSeconds + lifetimeSeconds,
        iat: nowSeconds,
        iss: options.issuer,
        jti: options.random.uuid(),
        "kubernetes.io": kubernetes,
        nbf: nowSeconds,
        sub: serviceAccountUserName(namespace, name),
      };
      return {
        ...request,
        metadata: { ...request.metadata, name, namespace, creationTimestamp: formatTime(nowSeconds * 1000) },
        spec: { ...request.spec, audiences, expirationSeconds },
        status: {
          expirationTimestamp: formatTime((nowSeconds + expirationSeconds) * 1000),
          token: signToken(claims, options.key()),
        },
      };
    },
  };
}

function checkExpiration(seconds: number): void {
  const errors: FieldError[] = [];
  const field = "spec.expirationSeconds";
  if (seconds < MIN_EXPIRATION_SECONDS) {
    errors.push(invalid(field, seconds, "may not specify a duration less than 10 minutes"));
  }
  if (seconds > MAX_EXPIRATION_SECONDS) {
    errors.push(invalid(field, seconds, "may not specify a duration larger than 2^32 seconds"));
  }
  if (errors.length > 0) throw invalidObject({ group: "authentication.k8s.io", kind: "TokenRequest" }, "", errors);
}
