import type { ApiObject } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { systemClock } from "../../base/clock.ts";
import type { ApiServer } from "../api-server.ts";
import { type Exchange, objectAnswer } from "../exchange.ts";
import type { HeaderList, Sink } from "../http/sink.ts";
import { writeAnswer } from "../http/write-answer.ts";
import { requestInfo } from "../request-info.ts";
import { headerRecord } from "./header-record.ts";

export interface RawAnswer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly text: string;
  readonly bytes: Buffer;
  /** The text as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents of any shape
  readonly json: () => any;
}

export interface RawRequest {
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly contentType?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request as it comes from outside, with its bytes and headers, as a member of system:masters, and reads the answer's. */
export async function askRaw(server: ApiServer, url: string, request: RawRequest = {}): Promise<RawAnswer> {
  const { pathname: path, searchParams: query } = new URL(url, "https://server");
  const method = request.method ?? "GET";
  const headers = { ...request.headers, ...(request.accept !== undefined && { accept: request.accept }) };
  const bytes = Buffer.from(request.body ?? "");
  const exchange: Exchange = {
    method,
    path,
    query,
    headers,
    info: requestInfo(method, path, query),
    credentials: { headers },
    user: { name: "admin", groups: ["system:masters"] },
    signal: new AbortController().signal,
    body: { contentType: request.contentType ?? "application/json", read: async () => bytes, size: () => bytes.length },
    warnings: [],
  };
  const sink = memorySink();
  try {
    await writeAnswer(await server.handler(exchange), exchange, sink, systemClock);
  } catch (error) {
    // As the edge does with answers that have no form that the client accepts.
    if (!(error instanceof StatusError)) throw error;
    const answer = objectAnswer(error.status as ApiObject, { code: error.code });
    await writeAnswer(answer, { ...exchange, headers: {} }, sink, systemClock);
  }
  const written = Buffer.concat(sink.chunks);
  const text = written.toString();
  return { ...sink.answered, text, bytes: written, json: () => JSON.parse(text) };
}

function memorySink(): Sink & { chunks: Buffer[]; answered: { code: number; headers: RawAnswer["headers"] } } {
  const chunks: Buffer[] = [];
  const sink: ReturnType<typeof memorySink> = {
    chunks,
    answered: { code: 0, headers: {} },
    head(code: number, headers: HeaderList) {
      sink.answered = { code, headers: headerRecord(headers) };
    },
    write(chunk: Buffer | string) {
      chunks.push(Buffer.from(chunk));
      return true;
    },
    writeAll(written: readonly Buffer[]) {
      chunks.push(...written);
      return true;
    },
    drained: async () => {},
    end(chunk?: Buffer | string) {
      if (chunk !== undefined) chunks.push(Buffer.from(chunk));
    },
    abort() {},
    written: () => Buffer.concat(chunks).length,
  };
  return sink;
}
