/** What the edge grants a peer before it hangs up. */
export interface Limits {
  /** TLS and protocol choice. */
  readonly handshakeMs: number;
  /** From the first byte of an HTTP/1.1 request to the end of its head. */
  readonly headersMs: number;
  /** An HTTP/1.1 connection between two requests. */
  readonly keepAliveMs: number;
  /** How often HTTP/1.1 connections are looked at. */
  readonly checkMs: number;
  /** An HTTP/2 connection without a stream. */
  readonly idleMs: number;
  readonly headerBytes: number;
  readonly headerPairs: number;
  /** Streams at once on one HTTP/2 connection. */
  readonly streams: number;
  /** What waits to be read on one HTTP/2 connection; beyond it no stream is let in. */
  readonly sessionMegabytes: number;
  /** Streams that a client may reset at once, and then each second: more ends the connection (rapid reset). */
  readonly resetBurst: number;
  readonly resetsPerSecond: number;
  readonly invalidFrames: number;
  readonly rejectedStreams: number;
  readonly connections: number;
  /** The whole of a list, to a reader that is slow. */
  readonly writeMs: number;
  /** Requests under way may end while the server stops. */
  readonly drainMs: number;
}

/** Streams as upstream's --http2-max-streams-per-connection; docs/decisions/0023 says why the others. */
export const limits: Limits = {
  handshakeMs: 10_000,
  headersMs: 20_000,
  keepAliveMs: 120_000,
  checkMs: 5000,
  idleMs: 90_000,
  headerBytes: 64 * 1024,
  headerPairs: 256,
  streams: 1000,
  sessionMegabytes: 256,
  resetBurst: 1000,
  resetsPerSecond: 100,
  invalidFrames: 100,
  rejectedStreams: 100,
  connections: 20_000,
  writeMs: 60_000,
  drainMs: 5000,
};
