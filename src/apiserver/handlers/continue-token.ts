import { badRequest, type StatusError } from "../../api/status.ts";

/** Where a limited list goes on: the revision that it shows (negative: the present) and the next key. */
export interface ContinueToken {
  readonly revision: number;
  readonly startKey: string;
}

/** Opaque to clients; holds the key below the prefix, so that a token cannot lead out of what was asked. */
export function encodeContinue(token: ContinueToken, prefix: string): string {
  const start = token.startKey.slice(prefix.length);
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: token.revision, start })).toString("base64url");
}

/** @throws StatusError BadRequest */
export function decodeContinue(text: string, prefix: string): ContinueToken {
  const { v, rv, start } = parsed(text);
  if (v !== "meta.k8s.io/v1") throw invalidToken(`server does not recognize this encoded version ${v ?? ""}`);
  if (!Number.isSafeInteger(rv) || rv === 0) {
    throw invalidToken("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  }
  if (typeof start !== "string" || start === "") {
    throw invalidToken("encoded start key empty (version meta.k8s.io/v1)");
  }
  const path = start.startsWith("/") ? start.slice(1) : start;
  if (!isBelow(path)) throw invalidToken(start);
  return { revision: rv as number, startKey: prefix + path };
}

/** Whether a path leads nowhere but down, or is that of the prefix itself. */
function isBelow(path: string): boolean {
  return path === "" || path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

function parsed(text: string): { v?: unknown; rv?: unknown; start?: unknown } {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Told below.
  }
  throw invalidToken("it must be the token of an earlier list with the same parameters");
}

export function invalidToken(why: string): StatusError {
  return badRequest(`invalid continue token: continue key is not valid: ${why}`);
}
