import type { Duplex } from "node:stream";
import {
  CONTINUATION,
  DATA,
  DEFAULT_WINDOW,
  END_HEADERS,
  END_STREAM,
  FRAME_BYTES_MAX,
  HEADER_BYTES,
  HEADERS,
  writeFrameHeader,
} from "./frames.ts";
import { HeaderEncoder } from "./header-encoder.ts";
import type { ServerStream } from "./server-stream.ts";

/** So much of one stream goes out before others have their turn. */
const TURN_BYTES = 64 * 1024;
/** So much is given to the socket together. */
const FLUSH_BYTES = 256 * 1024;

/**
 * What a connection sends. All that a turn of the event loop brings goes to the socket together: one encryption and one
 * write to the system for all its answers. While the socket is full, answers wait in their streams.
 */
export class SessionOutput {
  readonly encoder = new HeaderEncoder();
  readonly #socket: Duplex;
  /** The client's window of the connection. */
  #window = DEFAULT_WINDOW;
  #control: Buffer[] = [];
  #controlBytes = 0;
  #ready: ServerStream[] = [];
  /** Those that wait for the connection's window. */
  readonly #starved = new Set<ServerStream>();
  #unsent = 0;
  #isScheduled = false;
  #isFlushing = false;
  #isOver = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on("drain", this.flush);
  }

  /** Bytes of answers that wait. */
  get unsent(): number {
    return this.#unsent;
  }

  /** Bytes of what is not subject to windows and has not been taken by the client. */
  get unsentControl(): number {
    return this.#controlBytes + (this.#socket.writableNeedDrain ? this.#socket.writableLength : 0);
  }

  get window(): number {
    return this.#window;
  }

  /** The client takes so much more on the connection. */
  widen(bytes: number): void {
    this.#window += bytes;
    for (const stream of this.#starved) this.ready(stream, 0);
    this.#starved.clear();
  }

  control(frame: Buffer): void {
    if (this.#isOver) return;
    this.#control.push(frame);
    this.#controlBytes += frame.length;
    this.#schedule();
  }

  ready(stream: ServerStream, bytes: number): void {
    this.#unsent += bytes;
    if (stream.isQueued || this.#isOver) return;
    stream.isQueued = true;
    this.#ready.push(stream);
    this.#schedule();
  }

  /** So many bytes will not be sent. */
  forget(stream: ServerStream, bytes: number): void {
    this.#unsent -= bytes;
    this.#starved.delete(stream);
  }

  /** Nothing goes out any more. */
  close(): void {
    this.#isOver = true;
    this.#control = [];
    this.#ready = [];
    this.#starved.clear();
  }

  /** Gives what there is to the socket, now. What comes meanwhile goes out with the next turn: header blocks have an order. */
  readonly flush = (): void => {
    if (this.#isOver || this.#isFlushing) return;
    this.#isFlushing = true;
    const parts = this.#control;
    let bytes = this.#controlBytes;
    this.#control = [];
    this.#controlBytes = 0;
    if (!this.#socket.writableNeedDrain && this.#ready.length > 0) bytes += this.#takeReady(parts);
    this.#isFlushing = false;
    if (bytes > 0) this.#socket.write(parts.length === 1 ? parts[0] : Buffer.concat(parts, bytes));
    if (this.#ready.length > 0 && !this.#socket.writableNeedDrain) this.#schedule();
  };

  #takeReady(parts: Buffer[]): number {
    const streams = this.#ready;
    this.#ready = [];
    let bytes = 0;
    for (let index = 0; index < streams.length; index++) {
      if (bytes >= FLUSH_BYTES) {
        this.#ready.push(...streams.slice(index));
        break;
      }
      const stream = streams[index]!;
      stream.isQueued = false;
      if (!stream.isClosed) bytes += this.#take(stream, parts);
    }
    return bytes;
  }

  /** What a stream may send now. Answers how many bytes that is. */
  #take(stream: ServerStream, parts: Buffer[]): number {
    const { output } = stream;
    const allowed = Math.max(0, Math.min(stream.window, this.#window, TURN_BYTES, output.bytes));
    let bytes = 0;
    const isWhole = output.isEnded && allowed === output.bytes;
    if (output.head !== undefined) {
      bytes += this.#takeHead(stream, parts, isWhole && allowed === 0);
      output.head = undefined;
      if (isWhole && allowed === 0) {
        stream.taken();
        return bytes;
      }
    }
    if (allowed > 0 || isWhole) bytes += takeData(stream, { parts, allowed, isWhole });
    stream.window -= allowed;
    this.#window -= allowed;
    this.#unsent -= allowed;
    // Without room in its own window it waits for that, without room in the connection's for this one.
    if (output.bytes > 0 && stream.window > 0) {
      if (this.#window > 0) this.ready(stream, 0);
      else this.#starved.add(stream);
    }
    stream.taken();
    return bytes;
  }

  #takeHead(stream: ServerStream, parts: Buffer[], isAll: boolean): number {
    const { code, headers } = stream.output.head!;
    const block = this.encoder.encode(code, headers);
    let bytes = 0;
    for (let start = 0; start === 0 || start < block.length; start += FRAME_BYTES_MAX) {
      const length = Math.min(block.length - start, FRAME_BYTES_MAX);
      const isLast = start + length === block.length;
      const flags = (isLast ? END_HEADERS : 0) | (isAll && start === 0 ? END_STREAM : 0);
      const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
      writeFrameHeader(frame, 0, { length, type: start === 0 ? HEADERS : CONTINUATION, flags, streamId: stream.id });
      block.copy(frame, HEADER_BYTES, start, start + length);
      parts.push(frame);
      bytes += frame.length;
    }
    return bytes;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#scheduled);
  }

  readonly #scheduled = (): void => {
    this.#isScheduled = false;
    this.flush();
  };
}

/** Moves `allowed` bytes of the stream's answer into `parts`, as frames; an end that comes alone is a frame as well. */
function takeData(stream: ServerStream, to: { parts: Buffer[]; allowed: number; isWhole: boolean }): number {
  const { output } = stream;
  let left = to.allowed;
  let bytes = 0;
  do {
    const length = Math.min(left, FRAME_BYTES_MAX);
    left -= length;
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    const flags = to.isWhole && left === 0 ? END_STREAM : 0;
    writeFrameHeader(header, 0, { length, type: DATA, flags, streamId: stream.id });
    to.parts.push(header);
    takeBytes(output.chunks, length, to.parts);
    bytes += HEADER_BYTES + length;
  } while (left > 0);
  output.bytes -= to.allowed;
  return bytes;
}

function takeBytes(chunks: Buffer[], length: number, parts: Buffer[]): void {
  let left = length;
  let whole = 0;
  while (left > 0) {
    const chunk = chunks[whole]!;
    if (chunk.length > left) {
      parts.push(chunk.subarray(0, left));
      chunks[whole] = chunk.subarray(left);
      break;
    }
    parts.push(chunk);
    left -= chunk.length;
    whole++;
  }
  if (whole > 0) chunks.splice(0, whole);
}
