import { badRequest, type StatusError } from "../../api/status.ts";

/** Where a limited list goes on: the revision that it shows (-1: the present) and the next key. */
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
  try {
    const parsed = JSON.parse(Buffer.from(text, "base64url").toString()) as { v: unknown; rv: unknown; start: unknown };
    const revision = parsed.rv;
    const isRevision = revision === -1 || (Number.isSafeInteger(revision) && (revision as number) > 0);
    if (parsed.v !== "meta.k8s.io/v1" || !isRevision || typeof parsed.start !== "string") throw new Error();
    return { revision: revision as number, startKey: prefix + parsed.start };
  } catch {
    throw invalidToken();
  }
}

export function invalidToken(): StatusError {
  return badRequest("continue key is not valid: it must be the token of an earlier list with the same parameters");
}
