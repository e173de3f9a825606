import { constants } from "node:crypto";
import { STRONG_CIPHERS } from "../../base/tls-ciphers.ts";

/** What the edge grants a peer before it hangs up (docs/decisions/0023). */
export const limits = {
  /** TLS and protocol choice. */
  handshakeMs: 10_000,
  /** From the first byte of an HTTP/1.1 request to the end of its head. */
  headersMs: 20_000,
  /** An HTTP/1.1 connection between two requests. */
  keepAliveMs: 120_000,
  /** How often HTTP/1.1 connections are looked at. */
  checkMs: 5000,
  /** An HTTP/2 connection without a stream. */
  idleMs: 90_000,
  headerBytes: 64 * 1024,
  headerPairs: 256,
  /** Streams at once on one HTTP/2 connection: upstream's --http2-max-streams-per-connection. */
  streams: 1000,
  /** Streams that a client may reset at once, and then each second: more ends the connection (rapid reset). */
  resetBurst: 1000,
  resetsPerSecond: 100,
  invalidFrames: 100,
  rejectedStreams: 100,
  connections: 20_000,
  /** The whole of a list, to a reader that is slow. */
  writeMs: 60_000,
  /** Requests under way may end while the server stops. */
  drainMs: 5000,
} as const;

export function tlsSettings(tls: { readonly key: string; readonly cert: string; readonly clientCa: string }) {
  return {
    key: tls.key,
    cert: tls.cert,
    ca: tls.clientCa,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2" as const,
    ciphers: STRONG_CIPHERS,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
}
