import { constants } from "node:crypto";

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

/** TLS 1.2 and up with forward secrecy and authenticated encryption only, as the CIS benchmark asks. */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
].join(":");

export function tlsSettings(tls: { readonly key: string; readonly cert: string; readonly clientCa: string }) {
  return {
    key: tls.key,
    cert: tls.cert,
    ca: tls.clientCa,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2" as const,
    ciphers: CIPHERS,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
}
