import { constants } from "node:crypto";

/** For TLS 1.2 and up: forward secrecy and authenticated encryption only, as the CIS benchmark asks. */
export const STRONG_CIPHERS = [
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

/** PEM: a serving certificate with its key, and the authority that signs client certificates. */
export interface ServerTls {
  readonly key: string;
  readonly cert: string;
  readonly clientCa: string;
}

/**
 * How every server of ours speaks TLS. Certificates of clients are asked for and never refused by TLS itself: who has none, or
 * a wrong one, may come in another way.
 */
export function serverTlsOptions(tls: ServerTls) {
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
