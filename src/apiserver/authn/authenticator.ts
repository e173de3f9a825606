import type { IncomingHttpHeaders } from "node:http";

/** Who sends a request. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A client certificate as TLS saw it. Which authority makes it worth something is for authentication to say. */
export interface ClientCertificate {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** Values of the subject's attribute for a user's uid. */
  readonly uids?: readonly string[];
  /** The certificate itself, and above it who vouches for whom, as far up as is known. */
  readonly chain: readonly [ChainLink, ...ChainLink[]];
  /** TLS trusts it by way of intermediate authorities that the client showed, and does not tell which. */
  readonly hasUnseenChain?: true;
  /** Why TLS does not trust it; absent when it does. */
  readonly problem?: string;
}

export interface ChainLink {
  /** SHA-256: upper-case hex with colons. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch: connections may live longer than the certificates that opened them. */
  readonly validUntilMs: number;
  /** Where TLS has not looked at it. */
  readonly validFromMs?: number;
}

/** What authentication may look at. */
export interface Credentials {
  readonly headers: IncomingHttpHeaders;
  /** Path of the request: some are open to everybody. */
  readonly path?: string | undefined;
  readonly certificate?: ClientCertificate | undefined;
  /** Hears what is to be said of credentials that are good. */
  note?(notes: AuthenticationNotes): void;
}

/** What is to be said of credentials that are good, but not what they should be. */
export interface AuthenticationNotes {
  /** For who sent them. */
  readonly warning?: string;
  /** For the audit log. */
  readonly annotations: Readonly<Record<string, string>>;
}

type Authenticated = UserInfo | undefined;

/**
 * One way to tell who sends a request. Authenticators are asked in order: `undefined` means "nothing for me here"; an
 * error (thrown or rejected with) means "credentials for me, and they are bad", which ends in 401. Who waits for nothing
 * answers at once.
 */
export interface Authenticator {
  readonly name: string;
  authenticate(credentials: Credentials): Authenticated | Promise<Authenticated>;
}

/** Credentials were given and are no good. The message is for the log and for TokenReview, never for who sent them. */
export class BadCredentialsError extends Error {
  override name = "BadCredentialsError";
  /** For the audit log: what was wrong with which credentials, where somebody should look after them. */
  readonly annotations: Readonly<Record<string, string>>;

  constructor(message: string, more: { cause?: unknown; annotations?: Readonly<Record<string, string>> } = {}) {
    super(message, "cause" in more ? { cause: more.cause } : undefined);
    this.annotations = more.annotations ?? {};
  }
}
