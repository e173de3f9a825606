import { errorMessage } from "../../../base/assert.ts";
import type { Clock } from "../../../base/clock.ts";
import { decodeToken } from "../../../base/json-web-token.ts";
import { BadCredentialsError } from "../authenticator.ts";
import type { TokenAuthenticator } from "../token-authenticator.ts";
import { type ClaimMeaning, userOfClaims } from "./claims.ts";
import type { KeySet } from "./key-set.ts";

export interface JwtAuthenticatorOptions {
  readonly meaning: ClaimMeaning;
  readonly keys: KeySet;
  readonly algorithms: readonly string[];
  readonly clock: Clock;
}

/** Clocks of issuers may be ahead of ours by so much. */
const NOT_BEFORE_LEEWAY_SECONDS = 5 * 60;

/** Tokens of one OpenID Connect issuer. Those of others are nobody's here. */
export function jwtAuthenticator({ meaning, keys, algorithms, clock }: JwtAuthenticatorOptions): TokenAuthenticator {
  const { url, audiences: accepted } = meaning.configuration.issuer;
  return {
    name: "jwt",
    async authenticateToken(token, audiences) {
      // Looked at before the signature is: who is asked about it depends on it.
      if (decodeToken(token)?.claims.iss !== url) return undefined;
      const claims = await verifiedClaims(token, keys, algorithms);
      const { aud } = claims;
      const meant = typeof aud === "string" ? [aud] : Array.isArray(aud) ? aud : [];
      if (!accepted.some((audience) => meant.includes(audience))) {
        const [wanted, got] = [accepted.map((each) => JSON.stringify(each)).join(" "), JSON.stringify(meant)];
        throw new BadCredentialsError(
          `oidc: verify token: oidc: expected audience in [${wanted}] got ${got.replaceAll(",", " ")}`,
        );
      }
      checkTime(claims, clock.now() / 1000);
      return { user: userOfClaims(claims, meaning, clock.now()), audiences };
    },
  };
}

async function verifiedClaims(
  token: string,
  keys: KeySet,
  algorithms: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  try {
    const payload = await keys.verify(token, algorithms);
    return JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch (error) {
    throw new BadCredentialsError(`oidc: verify token: ${errorMessage(error)}`, { cause: error });
  }
}

function checkTime({ exp, nbf }: Readonly<Record<string, unknown>>, nowSeconds: number): void {
  if (typeof exp !== "number" || nowSeconds > exp)
    throw new BadCredentialsError("oidc: verify token: oidc: token is expired");
  if (typeof nbf === "number" && nowSeconds + NOT_BEFORE_LEEWAY_SECONDS < nbf) {
    throw new BadCredentialsError("oidc: verify token: oidc: current time is before the token's not-before time");
  }
}
