import { queryFlag } from "../../../api/query-flag.ts";
import { badRequest } from "../../../api/status.ts";

/** Which part of a container's log is wanted: PodLogOptions, read from a query. */
export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  /** Nothing older than this, in milliseconds since the epoch. */
  readonly sinceMs?: number;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  /** Both when absent. */
  readonly stream?: "stdout" | "stderr";
}

/** @throws StatusError BadRequest for values that upstream's validation refuses */
export function logOptions(query: URLSearchParams, nowMs: number): LogOptions {
  const sinceSeconds = integer(query, "sinceSeconds", 1);
  const sinceTime = query.get("sinceTime");
  if (sinceSeconds !== undefined && sinceTime) {
    throw badRequest("at most one of `sinceTime` or `sinceSeconds` may be specified");
  }
  const sinceMs = sinceSeconds === undefined ? parseTime(sinceTime) : nowMs - sinceSeconds * 1000;
  const tailLines = integer(query, "tailLines", 0);
  const limitBytes = integer(query, "limitBytes", 1);
  const stream = query.get("stream");
  if (stream && !["All", "Stdout", "Stderr"].includes(stream)) {
    throw badRequest(`unsupported stream ${JSON.stringify(stream)}: supported values: "All", "Stdout", "Stderr"`);
  }
  if (stream && stream !== "All" && tailLines !== undefined) {
    throw badRequest("`tailLines` and specific `stream` are mutually exclusive for now");
  }
  return {
    follow: flag(query, "follow"),
    previous: flag(query, "previous"),
    timestamps: flag(query, "timestamps"),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(stream && stream !== "All" && { stream: stream === "Stdout" ? "stdout" : "stderr" }),
  };
}

function flag(query: URLSearchParams, name: string): boolean {
  return queryFlag(query.get(name));
}

function integer(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be an integer`);
  if (value < least)
    throw badRequest(`${name}: Invalid value: ${value}: must be greater than ${least === 0 ? "or equal to 0" : "0"}`);
  return value;
}

function parseTime(text: string | null): number | undefined {
  if (!text) return undefined;
  const value = Date.parse(text);
  if (Number.isNaN(value))
    throw badRequest(`sinceTime: Invalid value: ${JSON.stringify(text)}: must be an RFC 3339 time`);
  return value;
}
