import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import type { AnyObject } from "../../src/api/meta.ts";
import { decodeObject } from "../../src/api/protobuf/decode.ts";
import type { Door, FuzzAnswer } from "./door.ts";
import type { FuzzRequest } from "./requests.ts";

const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** What is wrong with an answer; nothing when all promises hold. */
export async function broken(door: Door, request: FuzzRequest, answer: FuzzAnswer): Promise<string | undefined> {
  return (
    polluted() ?? wrongCode(request, answer) ?? wrongForm(request, answer) ?? (await notReadBack(door, request, answer))
  );
}

const clean = JSON.stringify([prototypeNames(Object.prototype), prototypeNames(Array.prototype)]);

function prototypeNames(prototype: object): string[] {
  return Object.getOwnPropertyNames(prototype).sort();
}

function polluted(): string | undefined {
  const now = JSON.stringify([prototypeNames(Object.prototype), prototypeNames(Array.prototype)]);
  return now === clean ? undefined : "a prototype was changed";
}

/** Refusals are the client's fault. What is not served at all, or asks for a revision to come, has codes of its own. */
function wrongCode({ method }: FuzzRequest, { code, body }: FuzzAnswer): string | undefined {
  if (code >= 200 && code < 500) return undefined;
  if (code === 501) return undefined;
  if (code === 504 && (method === "HEAD" || body.includes("Too large resource version"))) return undefined;
  return `code ${code}: ${body.toString().slice(0, 300)}`;
}

function wrongForm({ method }: FuzzRequest, answer: FuzzAnswer): string | undefined {
  const { code, headers } = answer;
  if (answer.isStream || method === "HEAD") return undefined;
  const type = headers["content-type"] ?? "";
  const body = headers["content-encoding"] === "gzip" ? gunzipSync(answer.body) : answer.body;
  if (type.startsWith("application/json")) return code >= 400 ? wrongStatus(body, code) : notJson(body);
  if (!type.startsWith(PROTOBUF)) return code >= 400 && type === "" ? "a refusal without a body" : undefined;
  try {
    const { object } = decodeObject(body);
    return code >= 400 ? wrongStatus(Buffer.from(JSON.stringify(object)), code) : undefined;
  } catch (error) {
    return `an answer that is no protobuf: ${error}`;
  }
}

function notJson(body: Buffer): string | undefined {
  try {
    JSON.parse(body.toString());
    return undefined;
  } catch (error) {
    return `an answer that is no JSON: ${error}`;
  }
}

function wrongStatus(body: Buffer, code: number): string | undefined {
  const problem = notJson(body);
  if (problem !== undefined) return problem;
  const status = JSON.parse(body.toString()) as AnyObject;
  const { kind, message, reason } = status as { kind?: string; message?: string; reason?: string };
  const isWhole = kind === "Status" && status.status === "Failure" && Boolean(reason) && Boolean(message);
  if (!isWhole || status.code !== code) return `a refusal that is no whole Status: ${body.toString().slice(0, 300)}`;
  if (
    /is not a function|Cannot (?:read|set|destructure)|is not iterable|Maximum call stack|\[object Object\]|undefined/.test(
      message!,
    )
  ) {
    return `a refusal that tells of our own fault: ${message!.slice(0, 300)}`;
  }
  return undefined;
}

/** What was created is what a GET shows, as JSON and as protobuf. */
async function notReadBack(door: Door, request: FuzzRequest, answer: FuzzAnswer): Promise<string | undefined> {
  const [path = "", query = ""] = request.url.split("?");
  const isPlain =
    (answer.headers["content-type"] ?? "") === "application/json" && answer.headers["content-encoding"] === undefined;
  if (request.method !== "POST" || answer.code !== 201 || !isPlain || /dryRun=All/.test(query)) return undefined;
  const created = JSON.parse(answer.body.toString()) as AnyObject;
  const { name, uid, resourceVersion } = created.metadata ?? {};
  // A token has the uid of its account, and is kept nowhere.
  if (
    uid === undefined ||
    created.kind === "TokenRequest" ||
    created.kind === "PartialObjectMetadata" ||
    created.kind === "Table"
  )
    return undefined;
  const url = `${path}/${encodeURIComponent(name ?? "")}`;
  const get = (accept: string) => door.send({ method: "GET", url, headers: { accept }, body: Buffer.alloc(0) });
  const json = await get("application/json");
  if (json.code !== 200) return `what was created is not there: ${json.code} ${json.body.toString().slice(0, 200)}`;
  const read = JSON.parse(json.body.toString()) as AnyObject;
  if (read.metadata?.resourceVersion !== resourceVersion) return undefined;
  if (!isDeepStrictEqual(read, created)) return `what was created reads back otherwise: ${difference(created, read)}`;
  const protobuf = await get(PROTOBUF);
  // Custom resources have none.
  if (protobuf.code === 406) return undefined;
  const decoded = decodeObject(protobuf.body).object;
  if (!isDeepStrictEqual(comparable(decoded), comparable(read)))
    return `protobuf shows something else: ${difference(read, decoded)}`;
  return undefined;
}

/** As protobuf can tell it: null, empty lists and maps are absent, -0 is 0. */
function comparable(value: unknown): unknown {
  const isEmpty = (each: unknown): boolean =>
    each === null || (typeof each === "object" && Object.keys(each).length === 0);
  return JSON.parse(JSON.stringify(value), (_key, each: unknown) => (isEmpty(each) ? undefined : each));
}

function difference(expected: unknown, actual: unknown, at = ""): string {
  if (typeof expected !== "object" || typeof actual !== "object" || expected === null || actual === null) {
    return `${at}: ${JSON.stringify(expected)} became ${JSON.stringify(actual)}`.slice(0, 300);
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const [left, right] = [(expected as AnyObject)[key as "kind"], (actual as AnyObject)[key as "kind"]];
    if (!isDeepStrictEqual(left, right)) return difference(left, right, `${at}.${key}`);
  }
  return at;
}
