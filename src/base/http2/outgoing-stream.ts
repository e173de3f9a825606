/** A stream as far as a connection sends it: a server's answer, or a client's request. */
export interface OutgoingStream {
  readonly id: number;
  /** What the connection may still send on it by the other side's window. */
  window: number;
  /** The connection's: it is in line. */
  isQueued: boolean;
  readonly isClosed: boolean;
  readonly output: StreamOutput;
  /** The connection has taken some of the output; with the end of it when there was one to take. */
  taken(): void;
}

/** What a stream has to send next. */
export interface StreamOutput {
  /** A request has no code. */
  head: { readonly code?: number; readonly headers: readonly string[] } | undefined;
  readonly chunks: Buffer[];
  /** Where in the first of them what is left begins. */
  offset: number;
  bytes: number;
  /** Nothing comes after that. */
  isEnded: boolean;
}
