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

export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** How TLS is spoken. */
export interface TlsProtocol {
  readonly minVersion: TlsVersion;
  /** OpenSSL's names with colons between them. */
  readonly ciphers: string;
}

/** TLS 1.0 and 1.1 know no authenticated encryption, and sign by what OpenSSL lets nobody do unless it is told so. */
export function oldProtocolCiphers(ciphers: string = STRONG_CIPHERS): string {
  const old = ["ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES256-SHA"];
  return [...new Set([...ciphers.split(":"), ...(ciphers === STRONG_CIPHERS ? old : []), "@SECLEVEL=0"])].join(":");
}

/** PEM: a serving certificate with its key, and the authority that signs client certificates. */
export interface ServerTls {
  readonly key: string;
  readonly cert: string;
  readonly clientCa: string;
  /** TLS 1.2 and up with strong ciphers where it says nothing. */
  readonly protocol?: Partial<TlsProtocol> | undefined;
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
    minVersion: tls.protocol?.minVersion ?? ("TLSv1.2" as const),
    ciphers: tls.protocol?.ciphers ?? STRONG_CIPHERS,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
}
