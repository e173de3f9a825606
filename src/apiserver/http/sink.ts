import type { ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { Duplex, Writable } from "node:stream";
import { type Clock, formatHttpDate } from "../../base/clock.ts";

/** Names in lower case and values in turn. As Node takes headers with the least to do. */
export type HeaderList = readonly string[];

/** Where an answer is written, HTTP/1.1 and HTTP/2 alike. */
export interface Sink {
  head(code: number, headers: HeaderList): void;
  /** False when the peer is slow: wait for `drained` before writing on. */
  write(chunk: Buffer | string): boolean;
  /** The same for many at once: written together they cost about as much as one. */
  writeAll(chunks: readonly Buffer[]): boolean;
  /** Resolves when there is room again, or when the peer has gone. */
  drained(): Promise<void>;
  end(chunk?: Buffer | string): void;
  /** Breaks the answer off so that the peer sees that it is not whole. */
  abort(): void;
  /** Bytes of body so far. */
  written(): number;
}

/** Answers on an HTTP/1.1 response. */
export function http1Sink(response: ServerResponse): Sink {
  let written = 0;
  return {
    head: (code, headers) => void response.writeHead(code, [...headers]),
    write(chunk) {
      written += chunk.length;
      return response.write(chunk);
    },
    writeAll(chunks) {
      for (const chunk of chunks) written += chunk.length;
      return writeTogether(response, chunks);
    },
    drained: () => untilDrained(response),
    end(chunk) {
      written += chunk?.length ?? 0;
      response.end(chunk);
    },
    abort: () => void response.destroy(),
    written: () => written,
  };
}

const OF_CONNECTIONS = new Set(["connection", "transfer-encoding", "keep-alive"]);

function withoutConnection(headers: HeaderList): HeaderList {
  const isLeft = (_: string, index: number): boolean => !OF_CONNECTIONS.has(headers[index - (index % 2)]!);
  return headers.every(isLeft) ? headers : headers.filter(isLeft);
}

function has(headers: HeaderList, name: string): boolean {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === name) return true;
  return false;
}

/** Answers on an HTTP/2 stream. Headers that HTTP/2 forbids are left out. */
export class Http2Sink implements Sink {
  readonly #stream: ServerHttp2Stream;
  readonly #clock: Clock;
  #written = 0;

  constructor(stream: ServerHttp2Stream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  head(code: number, headers: HeaderList): void {
    if (this.#stream.destroyed || this.#stream.headersSent) return;
    const allowed = withoutConnection(headers);
    const first = [":status", String(code)];
    if (!has(headers, "date")) first.push("date", formatHttpDate(this.#clock.now()));
    // The stream keeps the list for as long as it lives: it is made in its full length, date and all, so that Node adds nothing.
    this.#stream.respond(first.concat(allowed));
  }

  write(chunk: Buffer | string): boolean {
    this.#written += chunk.length;
    return this.#stream.destroyed ? true : this.#stream.write(chunk);
  }

  writeAll(chunks: readonly Buffer[]): boolean {
    for (const chunk of chunks) this.#written += chunk.length;
    return this.#stream.destroyed ? true : writeTogether(this.#stream, chunks);
  }

  drained(): Promise<void> {
    return untilDrained(this.#stream);
  }

  end(chunk?: Buffer | string): void {
    this.#written += chunk?.length ?? 0;
    if (!this.#stream.destroyed) this.#stream.end(chunk);
  }

  abort(): void {
    // Closing with a code would end the body first, as if it were whole.
    this.#stream.destroy(new Error("the answer is broken off"));
  }

  written(): number {
    return this.#written;
  }
}

/** An answer to a request that wanted to become a stream and did not: plain HTTP/1.1, then the end. */
export function upgradeSink(socket: Duplex): Sink {
  return {
    head(code, headers) {
      let lines = "";
      for (let index = 0; index < headers.length; index += 2) lines += `${headers[index]}: ${headers[index + 1]}\r\n`;
      socket.write(`HTTP/1.1 ${code} Answer\r\n${lines}connection: close\r\n\r\n`);
    },
    write: (chunk) => socket.write(chunk),
    writeAll: (chunks) => writeTogether(socket, chunks),
    drained: () => Promise.resolve(),
    end: (chunk) => void socket.end(chunk ?? ""),
    abort: () => void socket.destroy(),
    written: () => 0,
  };
}

function writeTogether(stream: Writable, chunks: readonly Buffer[]): boolean {
  let hasRoom = true;
  stream.cork();
  for (const chunk of chunks) hasRoom = stream.write(chunk);
  stream.uncork();
  return hasRoom;
}

function untilDrained(stream: ServerResponse | ServerHttp2Stream): Promise<void> {
  if (stream.destroyed || !stream.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });
}
