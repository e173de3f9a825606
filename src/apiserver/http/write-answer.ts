import type { ApiObject } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import { turnTime } from "../../base/turn-time.ts";
import type { Answer, Exchange, ListAnswer, ObjectAnswer, StreamAnswer, TextAnswer, WatchAnswer } from "../exchange.ts";
import { encodeList } from "./encode-list.ts";
import { contentType, encodeSingle, kindOf } from "./encode-object.ts";
import { frameEncoder } from "./encode-watch.ts";
import { COMPRESSED_BYTES_MIN, GZIP_HEADERS, gzipBlocks, gzipWhole, peekSize, takesGzip } from "./gzip.ts";
import { type Block, type Blocks, sendingMs } from "./list-blocks.ts";
import { wrongMetadata } from "./list-or-object.ts";
import { type Format, negotiate } from "./negotiate.ts";
import type { HeaderList, Sink } from "./sink.ts";
import { warningHeaders } from "./warning-headers.ts";
import { WatchWriter } from "./watch-writer.ts";
import { wantsWebSocket, writeMessages, writeWatchMessages } from "./web-socket-answer.ts";

/** Gives an answer the form that the client accepts and writes it, no faster than the client reads: at once what is short. */
export function writeAnswer(answer: Answer, exchange: Exchange, sink: Sink, clock: Clock): void | Promise<void> {
  if (answer.kind === "taken") return;
  if (answer.kind === "text") return writeText(answer, exchange, sink);
  if (answer.kind === "stream") return writeStream(answer, exchange, sink);
  if (answer.kind === "watch") return writeWatch(answer, { exchange, sink, clock });
  const format = formatFor(answer, exchange);
  if (answer.kind === "object") return writeObject(answer, { exchange, sink, format, clock });
  return writeList(answer, { exchange, sink, format, clock });
}

interface Writing {
  readonly exchange: Exchange;
  readonly sink: Sink;
  readonly format: Format;
  readonly clock: Clock;
}

/** An error must reach the client even if it accepts nothing that we have. */
function formatFor(answer: ObjectAnswer | ListAnswer | WatchAnswer, exchange: Exchange): Format {
  const isStatus = answer.kind === "object" && answer.resource === undefined && answer.object.kind === "Status";
  try {
    const isCustom = answer.resource?.custom !== undefined;
    const format = negotiate(exchange.headers.accept, exchange.query, {
      hasProtobuf: !isCustom,
      isWatch: answer.kind === "watch",
      hasTable:
        isStatus || answer.kind !== "object" || answer.resource !== undefined || kindOf(answer.object) !== undefined,
      userAgent: exchange.headers["user-agent"],
    });
    if (isStatus) return format.as === "object" ? format : { ...format, as: "object" };
    const wrong = answer.kind === "watch" ? undefined : wrongMetadata(answer, format);
    if (wrong !== undefined) throw wrong;
    return format;
  } catch (error) {
    if (isStatus) return { encoding: "json", as: "object", pretty: false, includeObject: "Metadata" };
    throw error;
  }
}

function writeObject(answer: ObjectAnswer, { exchange, sink, format, clock }: Writing): void | Promise<void> {
  const body = encodeSingle(answer, format, clock.now());
  const headers = ["content-type", contentType(format)];
  if (answer.code >= 400) headers.push(...retryAfter(answer.object));
  const head = { code: answer.code, headers };
  if (body instanceof Promise) return body.then((encoded) => writeWhole(encoded, head, { exchange, sink }));
  return writeWhole(body, head, { exchange, sink });
}

interface Head {
  readonly code: number;
  readonly headers: HeaderList;
}

/** A body that is there as a whole. */
function writeWhole(body: Buffer, head: Head, to: { exchange: Exchange; sink: Sink }): void | Promise<void> {
  const { exchange, sink } = to;
  if (
    body.length > COMPRESSED_BYTES_MIN &&
    mayPack(exchange) &&
    headerOf(head.headers, "content-encoding") === undefined
  ) {
    const headers = [...head.headers, ...GZIP_HEADERS];
    return gzipWhole(body).then((packed) => endWhole(packed, { code: head.code, headers }, { exchange, sink }));
  }
  endWhole(body, head, to);
}

function mayPack(exchange: Exchange): boolean {
  return exchange.staysPlain !== true && takesGzip(exchange.headers);
}

function endWhole(body: Buffer, head: Head, { exchange, sink }: { exchange: Exchange; sink: Sink }): void {
  sink.head(head.code, headersOf(exchange, [...head.headers, "content-length", String(body.length)]));
  sink.end(exchange.method === "HEAD" ? undefined : body);
}

async function writeList(answer: ListAnswer, { exchange, sink, format, clock }: Writing): Promise<void> {
  const blocks = encodeList(answer, format, clock);
  const type = ["content-type", contentType(format)];
  if (exchange.method === "HEAD") {
    sink.head(200, headersOf(exchange, type));
    return sink.end();
  }
  if (!mayPack(exchange)) {
    return writeBlocks(blocks, { exchange, sink, clock, head: () => sink.head(200, headersOf(exchange, type)) });
  }
  const { isLarge, all } = await peekSize(blocks);
  const headers = headersOf(exchange, [...type, ...(isLarge ? GZIP_HEADERS : [])]);
  const sent = isLarge ? gzipBlocks(all, exchange.signal) : all;
  return writeBlocks(sent, { exchange, sink, clock, head: () => sink.head(200, headers) });
}

/** The head comes with the first block: until then an error can still be told. */
async function writeBlocks(
  blocks: Blocks,
  { exchange, sink, clock, head }: { exchange: Exchange; sink: Sink; clock: Clock; head: () => void },
): Promise<void> {
  const time = turnTime(clock);
  let started = false;
  let isRead = false;
  try {
    for (;;) {
      const next: IteratorResult<Block, void> = await blocks.next(isRead);
      if (next.done === true) return sink.end();
      if (!started) head();
      started = true;
      const pause = time.pause();
      if (pause !== undefined) await pause;
      const before = sink.written();
      // What has drained has been sent. What was taken without a wait may still be on its way.
      isRead = !sink.writeAll(next.value);
      time.owe(sendingMs(sink.written() - before));
      if (isRead) await sink.drained();
      if (exchange.signal.aborted) return;
    }
  } finally {
    await blocks.return();
  }
}

/**
 * Writes the head of a watch: what is wrong until then can still be told. Answers how to go on, which needs the request no
 * more and does not keep it.
 * @returns how to go on; `over` is told once when the watch has ended, with what broke it off, if something did
 */
export async function beginWatch(
  answer: WatchAnswer,
  exchange: Exchange,
  sink: Sink,
  clock: Clock,
): Promise<(over: (error?: unknown) => void) => void> {
  const format = formatFor(answer, exchange);
  const streamType = format.encoding === "protobuf" ? `${contentType(format)};stream=watch` : contentType(format);
  const frameOf = await frameEncoder(answer, format, clock);
  const watch = { events: answer.events, frameOf, time: turnTime(clock) };
  if (wantsWebSocket(answer, exchange)) {
    return (over) => void writeWatchMessages(watch, exchange, format.encoding).then(() => over(), over);
  }
  sink.head(200, headersOf(exchange, ["content-type", streamType]));
  return (over) => new WatchWriter(watch, sink, over).wake();
}

async function writeWatch(answer: WatchAnswer, { exchange, sink, clock }: Omit<Writing, "format">): Promise<void> {
  const goOn = await beginWatch(answer, exchange, sink, clock);
  return new Promise((resolve, reject) => goOn((error) => (error === undefined ? resolve() : reject(error))));
}

function writeText(answer: TextAnswer, exchange: Exchange, sink: Sink): void | Promise<void> {
  const body = typeof answer.text === "string" ? Buffer.from(answer.text) : answer.text;
  const headers = listOf({ "content-type": answer.contentType, ...answer.headers });
  return writeWhole(body, { code: answer.code, headers }, { exchange, sink });
}

async function writeStream(answer: StreamAnswer, exchange: Exchange, sink: Sink): Promise<void> {
  if (wantsWebSocket(answer, exchange)) return writeMessages(answer.chunks, { exchange, isText: false });
  sink.head(answer.code, headersOf(exchange, listOf(answer.headers)));
  try {
    for await (const chunk of answer.chunks) {
      if (exchange.signal.aborted) return;
      if (!sink.write(chunk)) await sink.drained();
    }
    sink.end();
  } catch (error) {
    sink.abort();
    throw error;
  }
}

/** What every answer says, unless it says something else itself. */
const USUAL: HeaderList = ["cache-control", "no-cache, private", "x-content-type-options", "nosniff"];

function headersOf(exchange: Exchange, own: HeaderList): string[] {
  const { answerHeaders: given, warnings } = exchange;
  const headers: string[] = [];
  for (let index = 0; index < USUAL.length; index += 2) {
    if (headerOf(own, USUAL[index]!) === undefined) headers.push(USUAL[index]!, USUAL[index + 1]!);
  }
  for (const name in given) if (headerOf(own, name) === undefined) headers.push(name, given[name]!);
  for (let index = 0; index < own.length; index++) headers.push(own[index]!);
  if (warnings.length > 0) for (const warning of warningHeaders(warnings)) headers.push("warning", warning);
  return headers;
}

function headerOf(headers: HeaderList, name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === name) return headers[index + 1];
  return undefined;
}

function listOf(headers: Readonly<Record<string, string | string[]>>): string[] {
  const list: string[] = [];
  for (const name in headers) for (const value of [headers[name]!].flat()) list.push(name, value);
  return list;
}

function retryAfter(object: ApiObject): HeaderList {
  const seconds = (object as { details?: { retryAfterSeconds?: number } }).details?.retryAfterSeconds;
  return seconds === undefined || seconds <= 0 ? [] : ["retry-after", String(seconds)];
}
