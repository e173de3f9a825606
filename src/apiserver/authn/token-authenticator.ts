import type { AuthenticationNotes, UserInfo } from "./authenticator.ts";

/** Whom a token stands for, and which of the asked audiences it is good for (all of them when the kind has none). */
export interface TokenIdentity {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
  readonly notes?: AuthenticationNotes;
}

type TokenIdentified = TokenIdentity | undefined;

/**
 * One kind of bearer token. `undefined` means "not a token of mine"; BadCredentialsError means "mine, and no good".
 * Who waits for nothing answers at once. A token must be meant for at least one of the audiences.
 */
export interface TokenAuthenticator {
  readonly name: string;
  authenticateToken(token: string, audiences: readonly string[]): TokenIdentified | Promise<TokenIdentified>;
}
