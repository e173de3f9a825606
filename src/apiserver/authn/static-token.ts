import { createHash, timingSafeEqual } from "node:crypto";
import type { UserInfo } from "./authenticator.ts";
import type { TokenAuthenticator } from "./token-authenticator.ts";

export interface StaticToken {
  readonly token: string;
  readonly user: UserInfo;
}

/** Fixed tokens, each for one user. Good for every audience. */
export function staticTokenAuthenticator(tokens: readonly StaticToken[]): TokenAuthenticator {
  const entries = tokens.map(({ token, user }) => ({ digest: digestOf(token), user }));
  return {
    name: "staticToken",
    authenticateToken(token, audiences) {
      const digest = digestOf(token);
      const found = entries.find((entry) => timingSafeEqual(entry.digest, digest));
      return found === undefined ? undefined : { user: found.user, audiences };
    },
  };
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
