import { createHash } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { expiringCache } from "./expiring-cache.ts";
import type { TokenAuthenticator, TokenIdentity } from "./token-authenticator.ts";

/** As upstream's cache of tokens that were good: a signature is dear, and clients send the same token again and again. */
const TTL_MS = 10_000;
const CAPACITY = 4096;

/** The same authenticator, which believes for some seconds that a good token still is. Tokens themselves are not kept. */
export function remembering(tokens: TokenAuthenticator, clock: Clock): TokenAuthenticator {
  const good = expiringCache<TokenIdentity>(clock, CAPACITY);
  return {
    name: tokens.name,
    async authenticateToken(token, audiences) {
      const key = createHash("sha256")
        .update(JSON.stringify([token, audiences]))
        .digest("base64");
      const known = good.get(key);
      if (known !== undefined) return known;
      const identity = await tokens.authenticateToken(token, audiences);
      if (identity !== undefined) good.set(key, identity, TTL_MS);
      return identity;
    },
  };
}
