import type { IncomingHttpHeaders } from "node:http";

/** Who sends a request. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What authentication may look at. */
export interface Credentials {
  readonly headers: IncomingHttpHeaders;
  /** Subject of the client certificate, when the TLS layer verified one against the cluster's CA. */
  readonly certificate?: { readonly commonName: string; readonly organizations: readonly string[] } | undefined;
}

/**
 * One way to tell who sends a request. Authenticators are asked in order: `undefined` means "nothing for me here"; an
 * error means "credentials for me, and they are bad", which ends in 401.
 */
export interface Authenticator {
  readonly name: string;
  authenticate(credentials: Credentials): Promise<UserInfo | undefined>;
}

/** Credentials were given and are no good. The message is for the log, never for the client. */
export class BadCredentialsError extends Error {
  override name = "BadCredentialsError";
}
