import { X509Certificate } from "node:crypto";
import type { DetailedPeerCertificate, PeerCertificate } from "node:tls";
import { formatTime } from "../../base/clock.ts";

/** Whom a connection was to. */
export interface Dialled {
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
}

type CodedError = Error & { code?: string; cert?: PeerCertificate };

const UNKNOWN_AUTHORITY = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
]);

const DIAL: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "connect: connection timed out",
};

/** Why a call failed, in the words of Go's network and TLS libraries: people search for them. */
export function callErrorText(error: unknown, dialled: Dialled, nowMs: number): string {
  const failed = error as CodedError;
  const code = failed.code ?? "";
  const address = dialled.host.includes(":") ? `[${dialled.host}]` : dialled.host;
  const dial = DIAL[code];
  if (dial !== undefined) return `dial tcp ${address}:${dialled.port}: ${dial}`;
  if (code === "ENOTFOUND") return `dial tcp: lookup ${dialled.host}: no such host`;
  if (code === "EAI_AGAIN") return `dial tcp: lookup ${dialled.host}: server misbehaving`;
  if (UNKNOWN_AUTHORITY.has(code)) return untrusted("certificate signed by unknown authority");
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    const now = formatTime(nowMs);
    return untrusted(`certificate has expired or is not yet valid: current time ${now}`);
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return untrusted(failed.message);
  if (code === "ECONNRESET") {
    return failed.message === "socket hang up"
      ? "EOF"
      : `read tcp ${address}:${dialled.port}: connection reset by peer`;
  }
  if (code === "EPIPE") return `write tcp ${address}:${dialled.port}: write: broken pipe`;
  if (/wrong version number|packet length too long/.test(failed.message)) {
    return "http: server gave HTTP response to HTTPS client";
  }
  if (code.startsWith("HPE_")) return `net/http: HTTP/1.x transport connection broken: ${failed.message}`;
  return failed.message;
}

function untrusted(why: string): string {
  return `tls: failed to verify certificate: x509: ${why}`;
}

/**
 * Whether a certificate is good for a name, by its alternative names alone: the common name never counts, as in Go.
 * Answers the error that Node wants from checkServerIdentity.
 */
export function identityError(serverName: string, certificate: PeerCertificate): Error | undefined {
  const raw = (certificate as DetailedPeerCertificate).raw;
  const parsed = new X509Certificate(raw);
  const isAddress = /^[0-9.]+$|:/.test(serverName);
  const matches = isAddress
    ? parsed.checkIP(serverName) !== undefined
    : parsed.checkHost(serverName, { subject: "never" }) !== undefined;
  if (matches) return undefined;
  const names = (parsed.subjectAltName ?? "").split(", ").filter((name) => name !== "");
  return Object.assign(new Error(identityText(serverName, names, isAddress)), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
}

function identityText(serverName: string, names: readonly string[], isAddress: boolean): string {
  if (names.length === 0) {
    return isAddress
      ? `cannot validate certificate for ${serverName} because it doesn't contain any IP SANs`
      : "certificate relies on legacy Common Name field, use SANs instead";
  }
  const prefix = isAddress ? "IP Address:" : "DNS:";
  const valid = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  if (valid.length > 0) return `certificate is valid for ${valid.join(", ")}, not ${serverName}`;
  return isAddress
    ? `cannot validate certificate for ${serverName} because it doesn't contain any IP SANs`
    : `certificate is not valid for any names, but wanted to match ${serverName}`;
}

/** True when a kept connection had been closed by the other side before any of the answer came. */
export function wasStale(error: unknown, request: { readonly reusedSocket: boolean }): boolean {
  const code = (error as CodedError).code;
  return request.reusedSocket && (code === "ECONNRESET" || code === "EPIPE");
}
