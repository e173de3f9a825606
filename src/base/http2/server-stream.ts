import { NO_ERROR } from "./frames.ts";
import { checkHeaders } from "./header-encoder.ts";
import type { OutgoingStream, StreamOutput } from "./outgoing-stream.ts";
import type { RequestHead } from "./request-head.ts";

/** What a stream asks of its connection. */
export interface StreamConnection {
  /** The stream has something to send, so many bytes of body more: it goes out with all that this turn of the event loop brings. */
  ready(stream: ServerStream, bytes: number): void;
  /** So many bytes of the body were taken: the client may send more. */
  credit(stream: ServerStream, bytes: number): void;
  /** Breaks the stream off; `code` is HTTP/2's. */
  reset(stream: ServerStream, code: number): void;
  /** Nothing more is sent or received on the stream: so much of its body was not taken, so much of its answer not sent. */
  closed(stream: ServerStream, unread: number, unsent: number): void;
}

/** So much of an answer waits for the connection before its writer is told to wait. */
const ROOM_BYTES = 16 * 1024;

/** One request and its answer. */
export class ServerStream implements OutgoingStream {
  readonly id: number;
  readonly request: RequestHead;
  /** Told once, when both sides are through with the stream, or it was broken off. */
  onClose: (() => void) | undefined;
  /** What the connection may still send on it by the client's window. */
  window: number;
  /** What the client may still send. */
  credit: number;
  isQueued = false;
  readonly output: StreamOutput = { head: undefined, chunks: [], offset: 0, bytes: 0, isEnded: false };
  readonly #connection: StreamConnection;
  #received: Buffer[] | undefined;
  /** Of these nobody has taken any yet. */
  #unread = 0;
  #bodyBytes = 0;
  #isReceived = false;
  #isClosed = false;
  #isSent = false;
  #hasHead = false;
  #reader: BodyReader | undefined;
  #drained: (() => void)[] | undefined;

  constructor(of: { id: number; request: RequestHead; connection: StreamConnection; window: number; credit: number }) {
    this.id = of.id;
    this.request = of.request;
    this.#connection = of.connection;
    this.window = of.window;
    this.credit = of.credit;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The whole body is there, or will not come. */
  get isReceived(): boolean {
    return this.#isReceived;
  }

  /** Hands the body on, what is there and what comes, to its end; once. */
  read(reader: BodyReader): void {
    this.#reader = reader;
    const received = this.#received;
    this.#received = undefined;
    if (received !== undefined) {
      const bytes = this.#unread;
      this.#unread = 0;
      for (const chunk of received) reader.chunk(chunk);
      this.#connection.credit(this, bytes);
    }
    if (this.#isReceived) reader.end();
    else if (this.#isClosed) reader.brokenOff();
  }

  /** From the connection. False when that is more than the head has announced. */
  receive(chunk: Buffer): boolean {
    this.#bodyBytes += chunk.length;
    if (this.#bodyBytes > (this.request.contentLength ?? Number.POSITIVE_INFINITY)) return false;
    if (this.#reader === undefined) {
      (this.#received ??= []).push(chunk);
      this.#unread += chunk.length;
    } else {
      this.#reader.chunk(chunk);
      this.#connection.credit(this, chunk.length);
    }
    return true;
  }

  /** From the connection: the client has sent all. False when that is less than the head has announced. */
  receiveEnd(): boolean {
    if (this.#bodyBytes !== (this.request.contentLength ?? this.#bodyBytes)) return false;
    this.#isReceived = true;
    this.#reader?.end();
    if (this.#isSent) this.close();
    return true;
  }

  /** @throws TypeError when a header is none in HTTP */
  head(code: number, headers: readonly string[]): void {
    if (this.#hasHead || this.#isClosed) return;
    checkHeaders(headers);
    this.#hasHead = true;
    this.output.head = { code, headers };
    this.#connection.ready(this, 0);
  }

  get hasHead(): boolean {
    return this.#hasHead;
  }

  /** False when the client is slow. A chunk belongs to the stream until `drained`. */
  write(chunk: Buffer): boolean {
    if (this.#isClosed || this.output.isEnded || chunk.length === 0) return true;
    this.output.chunks.push(chunk);
    this.output.bytes += chunk.length;
    this.#connection.ready(this, chunk.length);
    return this.output.bytes < ROOM_BYTES;
  }

  end(chunk?: Buffer): void {
    if (this.#isClosed || this.output.isEnded) return;
    const bytes = chunk?.length ?? 0;
    if (bytes > 0) {
      this.output.chunks.push(chunk!);
      this.output.bytes += bytes;
    }
    this.output.isEnded = true;
    this.#connection.ready(this, bytes);
  }

  /** Breaks the answer off so that the client sees that it is not whole. */
  abort(code: number): void {
    if (!this.#isClosed) this.#connection.reset(this, code);
  }

  /** Resolves when all that was written has been handed to the connection, or the client has gone. */
  drained(): Promise<void> {
    if (this.#isClosed || this.output.bytes === 0) return Promise.resolve();
    return new Promise((resolve) => {
      (this.#drained ??= []).push(resolve);
    });
  }

  /** From the connection: it has taken some of the output; with the end of it when there was one to take. */
  taken(): void {
    if (this.output.bytes > 0) return;
    if (this.#drained !== undefined) this.#wakeWriters();
    if (!this.output.isEnded) return;
    this.#isSent = true;
    if (this.#isReceived) this.close();
    // The rest of the body is of no use to anybody (RFC 9113, section 8.1).
    else this.#connection.reset(this, NO_ERROR);
  }

  /** From the connection: nothing more is sent or received. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.closed(this, this.#unread, this.output.bytes);
    this.#received = undefined;
    this.#unread = 0;
    this.output.chunks.length = 0;
    this.output.bytes = 0;
    if (!this.#isReceived) this.#reader?.brokenOff();
    this.#wakeWriters();
    this.onClose?.();
  }

  #wakeWriters(): void {
    const waiting = this.#drained;
    this.#drained = undefined;
    if (waiting !== undefined) for (const resolve of waiting) resolve();
  }
}

/** Whoever reads a body. */
export interface BodyReader {
  chunk(bytes: Buffer): void;
  end(): void;
  /** It will not come to its end. */
  brokenOff(): void;
}
