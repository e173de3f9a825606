import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type FieldError, invalid } from "../../../api/field-error.ts";
import { failure, StatusError } from "../../../api/status.ts";
import { errorMessage } from "../../../base/assert.ts";
import { type Clock, sleep } from "../../../base/clock.ts";
import { byteRange } from "./byte-range.ts";
import { contentTypeOf, SNIFFED_BYTES } from "./content-type.ts";
import { writeServiceLogs } from "./journal.ts";
import { listing } from "./listing.ts";
import { type LogEntry, openEntry } from "./log-directory.ts";
import { type NodeLogQuery, nodeLogQuery, queryErrors } from "./query.ts";

/** How long a query may take. */
const QUERY_MS = 30_000;

/** The node's own logs. */
export interface NodeLogs {
  /** `/var/log`. */
  readonly directory: string;
  /** Whether services may be asked for by `?query=` (upstream's enableSystemLogQuery). */
  readonly query: boolean;
}

export interface NodeLogRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Decoded, without `/logs/` in front. */
  readonly path: string;
  readonly parameters: URLSearchParams;
}

/** Answers a request to /logs/: a directory's names, a file or a part of it, or what services logged. Rejects with StatusError. */
export async function answerNodeLogs(
  asked: NodeLogRequest,
  logs: NodeLogs,
  context: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const query = logs.query ? await checkedQuery(asked, logs) : undefined;
  if (query !== undefined && query.services.length > 0) return answerQuery(asked, { query, logs }, context);
  const path = query?.files[0]?.replaceAll("\\", "/") ?? asked.path;
  const entry = await openEntry(logs.directory, path);
  if (entry.kind === "file") {
    try {
      return await answerFile({ ...asked, path }, entry, context.signal);
    } finally {
      await entry.file.close();
    }
  }
  if (query === undefined && path !== "" && !path.endsWith("/")) return redirect(asked.response, `${lastPart(path)}/`);
  const modified = new Date(entry.modifiedMs).toUTCString();
  const body = Buffer.from(listing(entry.names));
  const headers = { "content-type": "text/html; charset=utf-8", "last-modified": modified };
  asked.response.writeHead(200, { ...headers, "content-length": body.length });
  asked.response.end(asked.request.method === "HEAD" ? undefined : body);
}

/** @throws StatusError 400 and 406, as upstream's */
async function checkedQuery({ path, parameters }: NodeLogRequest, logs: NodeLogs): Promise<NodeLogQuery | undefined> {
  const { query, errors } = nodeLogQuery(parameters);
  if (errors.length > 0) throw failure(400, "BadRequest", aggregate(errors));
  if (query === undefined) return undefined;
  const refuse = (message: string): StatusError => failure(406, "NotAcceptable", message);
  if (path !== "") throw refuse("path not allowed in query mode");
  const { patternError } = await import("../../../api/cel/library/regular-expression.ts");
  const wrong = queryErrors(query, patternError);
  if (wrong.length > 0) throw refuse(aggregate(wrong));
  const [file] = query.files;
  if (file === undefined) return query;
  try {
    const entry = await openEntry(logs.directory, file.replaceAll("\\", "/"));
    if (entry.kind === "file") await entry.file.close();
  } catch (error) {
    const isMissing = error instanceof StatusError && error.status.code === 404;
    const why = isMissing ? `stat ${join(logs.directory, file)}: no such file or directory` : errorMessage(error);
    throw refuse(aggregate([invalid("query", query.files, why)]));
  }
  return query;
}

function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
}

async function answerQuery(
  { request, response }: NodeLogRequest,
  { query, logs }: { query: NodeLogQuery; logs: NodeLogs },
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const isZipped = request.headers["accept-encoding"] === "gzip";
  const headers = { "content-type": "text/plain;charset=UTF-8", ...(isZipped && { "content-encoding": "gzip" }) };
  response.writeHead(200, headers);
  if (request.method === "HEAD") return void response.end();
  const done = new AbortController();
  const timeUp = new AbortController();
  const within = AbortSignal.any([signal, timeUp.signal]);
  sleep(clock, QUERY_MS, done.signal).then(
    () => timeUp.abort(),
    () => {},
  );
  const output = new PassThrough();
  const sending = isZipped ? pipeline(output, createGzip({ level: 1 }), response) : pipeline(output, response);
  const sent = sending.catch((error) => {
    // Who asked has gone.
    if (!signal.aborted) throw error;
  });
  sent.catch(() => {});
  try {
    await writeServiceLogs(query, { directory: logs.directory, output, signal: within });
  } catch (error) {
    // What was written so far is the answer when the time is over.
    if (!within.aborted) throw error;
  } finally {
    done.abort();
    output.end();
    await sent;
  }
}

async function answerFile(
  { request, response, path }: NodeLogRequest,
  { file, sizeBytes, modifiedMs }: Extract<LogEntry, { kind: "file" }>,
  signal: AbortSignal,
): Promise<void> {
  if (path.endsWith("/")) return redirect(response, `../${lastPart(path)}`);
  const modified = new Date(modifiedMs).toUTCString();
  const headers = { "accept-ranges": "bytes", "last-modified": modified };
  if (!isNewer(modified, request.headers["if-modified-since"])) {
    response.writeHead(304, headers).end();
    return;
  }
  const ifRange = request.headers["if-range"];
  const range = byteRange(ifRange === undefined || ifRange === modified ? request.headers.range : undefined, sizeBytes);
  if (range === "unsatisfiable") {
    response.setHeader("content-range", `bytes */${sizeBytes}`);
    throw failure(416, "RequestedRangeNotSatisfiable", "invalid range: failed to overlap");
  }
  const { first, last } = range === "whole" ? { first: 0, last: sizeBytes - 1 } : range;
  const start = Buffer.alloc(SNIFFED_BYTES);
  const { bytesRead } = await file.read(start, 0, SNIFFED_BYTES, 0);
  response.writeHead(range === "whole" ? 200 : 206, {
    ...headers,
    "content-type": contentTypeOf(start.subarray(0, bytesRead)),
    "content-length": last - first + 1,
    ...(range !== "whole" && { "content-range": `bytes ${first}-${last}/${sizeBytes}` }),
  });
  if (request.method === "HEAD" || last < first) return void response.end();
  const content = file.createReadStream({ start: first, end: last, autoClose: false });
  await pipeline(content, response, { signal }).catch((error) => {
    // Who asked has gone.
    if (!signal.aborted) throw error;
  });
}

/** Of times in whole seconds. */
function isNewer(modified: string, since: string | undefined): boolean {
  const sinceMs = Date.parse(since ?? "");
  return Number.isNaN(sinceMs) || Date.parse(modified) > sinceMs;
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(301, { location: encodeURI(location) }).end();
}

function lastPart(path: string): string {
  return path.replace(/\/+$/, "").split("/").at(-1)!;
}
