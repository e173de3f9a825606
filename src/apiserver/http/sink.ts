import type { ServerResponse } from "node:http";
import type { Duplex, Writable } from "node:stream";
import { type Clock, formatHttpDate } from "../../base/clock.ts";
import { INTERNAL_ERROR } from "../../base/http2/frames.ts";
import type { ServerStream } from "../../base/http2/server-stream.ts";

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
  return headers.filter((_, index) => !OF_CONNECTIONS.has(headers[index - (index % 2)]!));
}

/** Answers on an HTTP/2 stream. Headers that HTTP/2 forbids are left out. */
export class Http2Sink implements Sink {
  readonly #stream: ServerStream;
  readonly #clock: Clock;
  #written = 0;

  constructor(stream: ServerStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  head(code: number, headers: HeaderList): void {
    let hasDate = false;
    let isAllowed = true;
    for (let index = 0; index < headers.length; index += 2) {
      const name = headers[index]!;
      if (name === "date") hasDate = true;
      else if (OF_CONNECTIONS.has(name)) isAllowed = false;
    }
    const allowed = isAllowed ? headers : withoutConnection(headers);
    this.#stream.head(code, hasDate ? allowed : [...allowed, "date", formatHttpDate(this.#clock.now())]);
  }

  write(chunk: Buffer | string): boolean {
    this.#written += chunk.length;
    return this.#stream.write(bytesOf(chunk));
  }

  writeAll(chunks: readonly Buffer[]): boolean {
    let hasRoom = true;
    for (const chunk of chunks) {
      this.#written += chunk.length;
      hasRoom = this.#stream.write(chunk);
    }
    return hasRoom;
  }

  drained(): Promise<void> {
    return this.#stream.drained();
  }

  end(chunk?: Buffer | string): void {
    this.#written += chunk?.length ?? 0;
    this.#stream.end(chunk === undefined ? undefined : bytesOf(chunk));
  }

  abort(): void {
    this.#stream.abort(INTERNAL_ERROR);
  }

  written(): number {
    return this.#written;
  }
}

function bytesOf(chunk: Buffer | string): Buffer {
  return typeof chunk === "string" ? Buffer.from(chunk) : chunk;
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

function untilDrained(stream: ServerResponse): Promise<void> {
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
