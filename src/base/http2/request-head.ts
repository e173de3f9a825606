import type { IncomingHttpHeaders } from "node:http";
import type { HeaderField } from "./header-table.ts";

/** What a client asks, shared by requests that say the same: nobody changes it. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  /** As Node gives them: what comes several times is joined, or the first one counts. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly raw: readonly string[];
  readonly contentLength: number | undefined;
}

/** Why there is no request: the stream is reset, or its headers are too much. */
export type HeadProblem = "malformed" | "too large";

const PSEUDO = new Set([":method", ":path", ":scheme", ":authority"]);
const OF_CONNECTIONS = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);
const WRONG_NAME = /[^!#$%&'*+\-.^_`|~0-9a-z]/;
const WRONG_VALUE = /[\0\r\n]/;
/**
 * Not allowed either, but sent: Go writes a header as it was told to, an empty token as "Bearer ". Its server takes it, as
 * HTTP/1.1 does, and its client asks again without end when its stream is reset for that.
 */
const EDGES = /^[\t ]+|[\t ]+$/g;

/** Of these the first one counts (Node's kSingleValueHeaders, as far as requests have them). */
const SINGLE = new Set([
  ...[":method", ":path", ":scheme", ":authority", "age", "authorization", "content-encoding", "content-language"],
  ...["content-length", "content-location", "content-range", "content-type", "date", "etag", "expires", "from", "host"],
  ...["if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "last-modified"],
  ...["location", "max-forwards", "proxy-authorization", "range", "referer", "retry-after", "tk", "user-agent"],
  ...["upgrade-insecure-requests", "dnt"],
]);

/** RFC 9113, section 8.2 and 8.3. */
export function requestHead(
  fields: readonly HeaderField[],
  { pairsMax }: { pairsMax: number },
): RequestHead | HeadProblem {
  if (fields.length > pairsMax) return "too large";
  const headers: Record<string, string | string[]> = Object.create(null);
  const raw: string[] = [];
  let isRegular = false;
  for (const { name, value: sent } of fields) {
    const value = name.startsWith(":") ? sent : sent.replace(EDGES, "");
    if (name.startsWith(":")) {
      if (/^[\t ]|[\t ]$/.test(value)) return "malformed";
      if (isRegular || !PSEUDO.has(name) || headers[name] !== undefined) return "malformed";
    } else {
      isRegular = true;
      if (name === "" || WRONG_NAME.test(name) || OF_CONNECTIONS.has(name)) return "malformed";
      if (name === "te" && value !== "trailers") return "malformed";
    }
    if (WRONG_VALUE.test(value)) return "malformed";
    raw.push(name, value);
    add(headers, name, value);
  }
  const method = headers[":method"] as string | undefined;
  const path = headers[":path"] as string | undefined;
  // CONNECT has neither, and goes nowhere here.
  if (!method || !path || !headers[":scheme"]) return "malformed";
  const length = headers["content-length"] as string | undefined;
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return "malformed";
  return { method, path, headers, raw, contentLength: length === undefined ? undefined : Number(length) };
}

function add(headers: Record<string, string | string[]>, name: string, value: string): void {
  const before = headers[name];
  if (before === undefined) headers[name] = name === "set-cookie" ? [value] : value;
  else if (Array.isArray(before)) before.push(value);
  else if (!SINGLE.has(name)) headers[name] = `${before}${name === "cookie" ? "; " : ", "}${value}`;
}
