import type { Clock } from "../../base/clock.ts";
import type { ObjectReader } from "../reader.ts";
import { type Authenticator, BadCredentialsError, type UserInfo } from "./authenticator.ts";
import { bearerTokenAuthenticator, tokenUnion } from "./bearer-token.ts";
import { bootstrapTokenAuthenticator } from "./bootstrap-token.ts";
import { certificateAuthenticator } from "./certificate.ts";
import type { TokenKey } from "./json-web-token.ts";
import { serviceAccountTokenAuthenticator } from "./service-account-token.ts";
import { staticTokenAuthenticator } from "./static-token.ts";
import type { TokenAuthenticator } from "./token-authenticator.ts";
import { anonymousUser, withAuthenticatedGroup } from "./users.ts";

export interface AuthenticationOptions {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly serviceAccounts: {
    readonly keys: readonly TokenKey[];
    readonly issuer: string;
    /** What tokens for this API server are meant for. */
    readonly audiences: readonly string[];
  };
  readonly staticTokens?: readonly { readonly token: string; readonly user: UserInfo }[];
  /** Whether requests without credentials go on as system:anonymous. */
  readonly anonymous: boolean;
}

/** The door's authentication, and the tokens alone, which TokenReview asks about. */
export interface Authentication extends Authenticator {
  readonly tokens: TokenAuthenticator;
}

/**
 * All ways to say who one is, in upstream's order. One success is enough; bad credentials never fall back to anonymous.
 * Adds system:authenticated.
 */
export function createAuthenticator(options: AuthenticationOptions): Authentication {
  const { reader, clock, serviceAccounts, staticTokens = [] } = options;
  const tokens = tokenUnion([
    staticTokenAuthenticator(staticTokens),
    serviceAccountTokenAuthenticator({ reader, clock, ...serviceAccounts }),
    bootstrapTokenAuthenticator(reader, clock),
  ]);
  const ways = [certificateAuthenticator, bearerTokenAuthenticator(tokens, serviceAccounts.audiences)];
  return {
    name: "union",
    tokens,
    async authenticate(credentials) {
      const problems: string[] = [];
      for (const way of ways) {
        try {
          const user = await way.authenticate(credentials);
          if (user !== undefined) return withAuthenticatedGroup(user);
        } catch (error) {
          if (!(error instanceof BadCredentialsError)) throw error;
          problems.push(error.message);
        }
      }
      if (problems.length > 0) throw new BadCredentialsError(problems.join("; "));
      return options.anonymous ? anonymousUser : undefined;
    },
  };
}
