import type { ConnectionOptions } from "node:tls";
import type { Target } from "./job.ts";

/** How much the server may send before it hears of our reading: so much that it never waits for us. */
export const WINDOW_BYTES = 16 * 1024 * 1024;

/** Whom a connection believes, and as whom it comes. */
export function tlsOptionsOf(target: Target): ConnectionOptions {
  return {
    ...(target.certificateAuthority !== undefined && { ca: target.certificateAuthority }),
    ...(target.clientCertificate !== undefined && { cert: target.clientCertificate }),
    ...(target.clientKey !== undefined && { key: target.clientKey }),
    ...(target.tlsServerName !== undefined && { servername: target.tlsServerName }),
    rejectUnauthorized: target.insecureSkipTlsVerify !== true,
  };
}

/** Pseudo-headers come first. */
export function headersOf(target: Target, method: string, path: string): Readonly<Record<string, string>> {
  return {
    ":method": method,
    ":path": path,
    accept: "application/json",
    "user-agent": "wherry-bench",
    ...(target.token !== undefined && { authorization: `Bearer ${target.token}` }),
  };
}
