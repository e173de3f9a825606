import type { Duplex } from "node:stream";
import { giveBlockBack, takeBlock } from "../output-block.ts";
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
import type { OutgoingStream, StreamOutput } from "./outgoing-stream.ts";

/** So much of one stream goes out before others have their turn. */
const TURN_BYTES = 32 * 1024;
/** A change that ten thousand connections hear of must not take a block of each: what is as short as that is copied. */
const COPIED_MAX = 16 * 1024;
/** When a block has so much, it has no room for another answer's headers for sure. */
const FULL_BYTES = 48 * 1024;

/**
 * What a connection sends. All that a turn of the event loop brings goes to the socket together: one encryption and one
 * write to the system for all its answers. While the socket is full, answers wait in their streams.
 */
export class SessionOutput {
  readonly encoder: HeaderEncoder;
  readonly #socket: Duplex;
  /** The other side's window of the connection. */
  #window = DEFAULT_WINDOW;
  #control: Buffer[] = [];
  #controlBytes = 0;
  #ready: OutgoingStream[] = [];
  /** Those that wait for the connection's window. */
  readonly #starved = new Set<OutgoingStream>();
  #unsent = 0;
  #isScheduled = false;
  #isFlushing = false;
  /** The socket has not taken the last block yet: another one would only wait behind it. */
  #isHeld = false;
  #isOver = false;

  constructor(socket: Duplex, encoder = new HeaderEncoder()) {
    this.#socket = socket;
    this.encoder = encoder;
    socket.on("drain", () => this.#schedule());
  }

  /** Bytes of answers that wait. */
  get unsent(): number {
    return this.#unsent;
  }

  /** Bytes of what is not subject to windows and has not been taken by the other side. */
  get unsentControl(): number {
    return this.#controlBytes + (this.#socket.writableNeedDrain ? this.#socket.writableLength : 0);
  }

  get window(): number {
    return this.#window;
  }

  /** The other side takes so much more on the connection. */
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

  ready(stream: OutgoingStream, bytes: number): void {
    this.#unsent += bytes;
    if (stream.isQueued || this.#isOver) return;
    stream.isQueued = true;
    this.#ready.push(stream);
    this.#schedule();
  }

  /** So many bytes will not be sent. */
  forget(stream: OutgoingStream, bytes: number): void {
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
    const block = takeBlock();
    let length = this.#takeControl(block);
    if (this.#hasRoom && this.#ready.length > 0) length = this.#takeReady(block, length);
    this.#isFlushing = false;
    if (length > COPIED_MAX) this.#writeBlock(block, length);
    else {
      if (length > 0) this.#socket.write(Buffer.from(block.subarray(0, length)));
      giveBlockBack(block);
    }
    if (this.#ready.length > 0 && this.#hasRoom) this.#schedule();
  };

  get #hasRoom(): boolean {
    return !this.#isHeld && !this.#socket.writableNeedDrain;
  }

  #writeBlock(block: Buffer, length: number): void {
    this.#isHeld = true;
    this.#socket.write(block.subarray(0, length), () => {
      giveBlockBack(block);
      this.#isHeld = false;
      if (this.#ready.length > 0) this.#schedule();
    });
  }

  #takeControl(block: Buffer): number {
    const frames = this.#control;
    if (frames.length === 0) return 0;
    this.#control = [];
    const bytes = this.#controlBytes;
    this.#controlBytes = 0;
    if (bytes > FULL_BYTES) {
      this.#socket.write(Buffer.concat(frames, bytes));
      return 0;
    }
    let length = 0;
    for (const frame of frames) length += frame.copy(block, length);
    return length;
  }

  /** Fills the block from there on. Answers how full it is. */
  #takeReady(block: Buffer, from: number): number {
    const streams = this.#ready;
    this.#ready = [];
    let length = from;
    for (let index = 0; index < streams.length; index++) {
      if (length >= FULL_BYTES) {
        this.#ready.push(...streams.slice(index));
        break;
      }
      const stream = streams[index]!;
      stream.isQueued = false;
      if (!stream.isClosed) length = this.#take(stream, block, length);
    }
    return length;
  }

  /** What a stream may send now. */
  #take(stream: OutgoingStream, block: Buffer, from: number): number {
    const { output } = stream;
    let length = from;
    if (output.head !== undefined) {
      const isAll = output.isEnded && output.bytes === 0;
      length = this.#takeHead(stream, { block, from, isAll });
      output.head = undefined;
      if (isAll) {
        stream.taken();
        return length;
      }
    }
    const bytes = Math.max(0, Math.min(stream.window, this.#window, TURN_BYTES, output.bytes));
    const isEnd = output.isEnded && bytes === output.bytes;
    if (bytes > 0 || isEnd) length = takeData(stream, { block, from: length, bytes, isEnd });
    stream.window -= bytes;
    this.#window -= bytes;
    this.#unsent -= bytes;
    // Without room in its own window it waits for that, without room in the connection's for this one.
    if (output.bytes > 0 && stream.window > 0) {
      if (this.#window > 0) this.ready(stream, 0);
      else this.#starved.add(stream);
    }
    stream.taken();
    return length;
  }

  #takeHead(stream: OutgoingStream, to: { block: Buffer; from: number; isAll: boolean }): number {
    const { code, headers } = stream.output.head!;
    const { block } = to;
    const encoded = this.encoder.encode(code, headers);
    let at = to.from;
    for (let start = 0; start < encoded.length; start += FRAME_BYTES_MAX) {
      const length = Math.min(encoded.length - start, FRAME_BYTES_MAX);
      const isFirst = start === 0;
      const flags = (start + length === encoded.length ? END_HEADERS : 0) | (to.isAll && isFirst ? END_STREAM : 0);
      writeFrameHeader(block, at, { length, type: isFirst ? HEADERS : CONTINUATION, flags, streamId: stream.id });
      encoded.copy(block, at + HEADER_BYTES, start, start + length);
      at += HEADER_BYTES + length;
    }
    return at;
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

/** Moves so many bytes of the stream's answer into the block, as frames; an end that comes alone is a frame as well. */
function takeData(
  { id, output }: OutgoingStream,
  to: { block: Buffer; from: number; bytes: number; isEnd: boolean },
): number {
  const { block, bytes, isEnd } = to;
  let at = to.from;
  let left = bytes;
  do {
    const length = Math.min(left, FRAME_BYTES_MAX);
    left -= length;
    const flags = isEnd && left === 0 ? END_STREAM : 0;
    writeFrameHeader(block, at, { length, type: DATA, flags, streamId: id });
    at += HEADER_BYTES;
    copyBytes(output, length, { block, at });
    at += length;
  } while (left > 0);
  output.bytes -= bytes;
  return at;
}

function copyBytes(output: StreamOutput, length: number, to: { block: Buffer; at: number }): void {
  const { chunks } = output;
  let left = length;
  let whole = 0;
  while (left > 0) {
    const chunk = chunks[whole]!;
    const copied = chunk.copy(to.block, to.at + length - left, output.offset, output.offset + left);
    left -= copied;
    output.offset += copied;
    if (output.offset < chunk.length) break;
    whole++;
    output.offset = 0;
  }
  if (whole > 0) chunks.splice(0, whole);
}
