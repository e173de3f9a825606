import { connect as connectPlain } from "node:net";
import { type ConnectionOptions, connect } from "node:tls";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

const TIMEOUT_MS = 5000;

/** What a TLS handshake agreed on; undefined when the server refused it. */
export function handshake(
  { host, port }: Endpoint,
  options: ConnectionOptions,
): Promise<{ protocol: string; cipher: string } | undefined> {
  return new Promise((resolve) => {
    try {
      const socket = connect({ host, port, rejectUnauthorized: false, timeout: TIMEOUT_MS, ...options }, () => {
        resolve({ protocol: socket.getProtocol() ?? "", cipher: socket.getCipher().name });
        socket.destroy();
      });
      const refused = (): void => {
        socket.destroy();
        resolve(undefined);
      };
      socket.on("error", refused);
      socket.on("timeout", refused);
      socket.on("close", refused);
    } catch {
      // The library of this machine no longer speaks it: nobody can agree on it.
      resolve(undefined);
    }
  });
}

/** Whether somebody listens there. */
export function isOpen({ host, port }: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectPlain({ host, port, timeout: TIMEOUT_MS }, () => answer(true));
    const answer = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.on("error", () => answer(false));
    socket.on("timeout", () => answer(false));
  });
}

/** Ciphers without forward secrecy or without authenticated encryption: what the benchmark's lists leave out. */
const WEAK = [
  "AES128-SHA",
  "AES256-SHA",
  "AES128-SHA256",
  "AES256-SHA256",
  "AES128-GCM-SHA256",
  "AES256-GCM-SHA384",
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-ECDSA-AES256-SHA",
  "ECDHE-ECDSA-AES128-SHA256",
  "ECDHE-ECDSA-AES256-SHA384",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-RSA-AES256-SHA",
];

/** Old protocols and weak ciphers that the server agrees to. */
export async function weaknesses(endpoint: Endpoint): Promise<string[]> {
  const found: string[] = [];
  for (const version of ["TLSv1", "TLSv1.1"] as const) {
    // Security level 0: this side must be willing, or it would be the one who refuses.
    const options = { minVersion: version, maxVersion: version, ciphers: "ALL:@SECLEVEL=0" };
    if ((await handshake(endpoint, options)) !== undefined) found.push(version);
  }
  for (const cipher of WEAK) {
    const options = { maxVersion: "TLSv1.2" as const, ciphers: `${cipher}:@SECLEVEL=0` };
    if ((await handshake(endpoint, options)) !== undefined) found.push(cipher);
  }
  return found;
}
