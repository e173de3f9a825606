import type { Duplex } from "node:stream";
import { BLOCK_BYTES, giveBlockBack, takeBlock } from "./output-block.ts";

/**
 * Small messages between two processes, many to a write: what is sent in one turn of the event loop goes to the stream together. A write
 * and the other side's wake-up cost as much as thousands of bytes.
 *
 * A frame is its kind (one byte), the number of what it belongs to and its payload's length (four bytes each, big endian), and the
 * payload. Frames of one way arrive in the order in which they were sent.
 */
export interface FrameStream {
  /** For what somebody waits for: it goes before all that was queued. */
  send(kind: number, number: number, payload: string | Buffer): void;
  /** For what comes without being asked, of which much may wait. */
  queue(kind: number, number: number, payload: string | Buffer): void;
  /**
   * Nothing to wait for while the other side keeps up; else resolves when it has taken what it got. Who sends without being
   * asked waits for it, so that a process that is busy does not fill the memory.
   */
  room(): Promise<void> | undefined;
  /** What was sent before still arrives; nothing is sent or received after it. The other side is told. */
  close(): void;
}

export interface FrameReceiver {
  /** The payload is there until this returns: its memory may be used again. */
  handle(kind: number, number: number, payload: Buffer): void;
  /** Told once when the stream has ended, by whichever side, or because the other process has. */
  over(): void;
}

const HEAD_BYTES = 9;
/** So much may wait for the other side before room is short. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** What is as short as that has memory of its own: many of them may wait in the stream, and a block is large. */
const SHORT_BYTES = 16 * 1024;
/** When so much waits, it goes at once. */
const FULL_BYTES = 96 * 1024;

export function openFrameStream(stream: Duplex, receiver: FrameReceiver): FrameStream {
  return new Frames(stream, receiver);
}

interface Outgoing {
  readonly kind: number;
  readonly number: number;
  readonly payload: string | Buffer;
  /** With its head. */
  readonly length: number;
}

/** Frames in their order. */
class Waiting {
  /** Of them all. */
  bytes = 0;
  #frames: Outgoing[] = [];
  /** So many of the first have gone. */
  #gone = 0;

  put(frame: Outgoing): void {
    this.#frames.push(frame);
    this.bytes += frame.length;
  }

  /** Moves the first so many bytes, or a frame more. @returns how many bytes are left of those */
  takeInto(to: Outgoing[], bytes: number): number {
    let left = bytes;
    while (left > 0 && this.#gone < this.#frames.length) {
      const next = this.#frames[this.#gone++]!;
      to.push(next);
      left -= next.length;
      this.bytes -= next.length;
    }
    // What has gone is let go of, a half at a time.
    if (this.#gone * 2 >= this.#frames.length) {
      this.#frames = this.#frames.slice(this.#gone);
      this.#gone = 0;
    }
    return left;
  }
}

class Frames implements FrameStream {
  readonly #stream: Duplex;
  readonly #sent = new Waiting();
  readonly #queued = new Waiting();
  #isScheduled = false;
  #isClosed = false;
  #short: PromiseWithResolvers<void> | undefined;

  constructor(stream: Duplex, receiver: FrameReceiver) {
    this.#stream = stream;
    const incoming = new Incoming(receiver);
    stream.on("data", (bytes: Buffer) => {
      if (!this.#isClosed) incoming.take(bytes);
    });
    stream.on("drain", () => {
      this.#flush();
      if (this.#hasRoom) this.#giveRoom();
    });
    stream.on("end", () => void stream.end());
    // The end of the other process, which `close` tells as well.
    stream.on("error", () => {});
    stream.on("close", () => {
      this.#isClosed = true;
      this.#takeWaiting(Number.POSITIVE_INFINITY);
      this.#giveRoom();
      receiver.over();
    });
  }

  send(kind: number, number: number, payload: string | Buffer): void {
    this.#put(this.#sent, kind, number, payload);
  }

  queue(kind: number, number: number, payload: string | Buffer): void {
    this.#put(this.#queued, kind, number, payload);
  }

  room(): Promise<void> | undefined {
    if (this.#isClosed || this.#hasRoom) return undefined;
    this.#short ??= Promise.withResolvers<void>();
    return this.#short.promise;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#write(this.#takeWaiting(Number.POSITIVE_INFINITY));
    this.#giveRoom();
    this.#stream.end();
  }

  #put(to: Waiting, kind: number, number: number, payload: string | Buffer): void {
    if (this.#isClosed) return;
    const length = HEAD_BYTES + (typeof payload === "string" ? Buffer.byteLength(payload) : payload.length);
    to.put({ kind, number, payload, length });
    if (this.#waitingBytes >= FULL_BYTES) this.#flush();
    else this.#schedule();
  }

  get #waitingBytes(): number {
    return this.#sent.bytes + this.#queued.bytes;
  }

  get #hasRoom(): boolean {
    return this.#waitingBytes + this.#stream.writableLength < WINDOW_BYTES;
  }

  #giveRoom(): void {
    this.#short?.resolve();
    this.#short = undefined;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#scheduled);
  }

  readonly #scheduled = (): void => {
    this.#isScheduled = false;
    this.#flush();
  };

  /**
   * While the other side does not take what it was given, frames wait as they are: a block for each turn would be far more, and what is
   * in the stream nothing can go before.
   */
  #flush(): void {
    if (this.#isClosed || this.#stream.writableNeedDrain) return;
    this.#write(this.#takeWaiting(FULL_BYTES));
    if (this.#waitingBytes > 0 && !this.#stream.writableNeedDrain) this.#schedule();
  }

  /** The next frames to go: so many bytes, or a frame more. */
  #takeWaiting(bytes: number): Outgoing[] {
    const frames: Outgoing[] = [];
    const left = this.#sent.takeInto(frames, bytes);
    this.#queued.takeInto(frames, left);
    return frames;
  }

  #write(frames: readonly Outgoing[]): void {
    for (let from = 0; from < frames.length; ) {
      let length = frames[from]!.length;
      let to = from + 1;
      while (to < frames.length && length + frames[to]!.length <= BLOCK_BYTES) length += frames[to++]!.length;
      this.#writeTogether(frames.slice(from, to), length);
      from = to;
    }
  }

  #writeTogether(frames: readonly Outgoing[], length: number): void {
    if (length <= SHORT_BYTES || length > BLOCK_BYTES) {
      this.#stream.write(fill(Buffer.allocUnsafe(length), frames));
      return;
    }
    const block = takeBlock();
    fill(block, frames);
    this.#stream.write(block.subarray(0, length), () => giveBlockBack(block));
  }
}

function fill(block: Buffer, frames: readonly Outgoing[]): Buffer {
  let at = 0;
  for (const { kind, number, payload, length } of frames) {
    block[at] = kind;
    block.writeUInt32BE(number, at + 1);
    block.writeUInt32BE(length - HEAD_BYTES, at + 5);
    if (typeof payload === "string") block.write(payload, at + HEAD_BYTES);
    else block.set(payload, at + HEAD_BYTES);
    at += length;
  }
  return block;
}

/** Bytes come in pieces of any length. */
class Incoming {
  readonly #receiver: FrameReceiver;
  /** Pieces of a frame that has not come to its end. */
  #begun: Buffer[] = [];
  #begunBytes = 0;

  constructor(receiver: FrameReceiver) {
    this.#receiver = receiver;
  }

  take(piece: Buffer): void {
    let bytes = piece;
    if (this.#begunBytes > 0) {
      this.#keep(piece);
      // A long frame is put together once.
      const [first] = this.#begun;
      if (first!.length >= HEAD_BYTES && this.#begunBytes < frameBytes(first!, 0)) return;
      bytes = Buffer.concat(this.#begun, this.#begunBytes);
      this.#begun = [];
      this.#begunBytes = 0;
    }
    const end = this.#handle(bytes);
    if (end < bytes.length) this.#keep(bytes.subarray(end));
  }

  #keep(bytes: Buffer): void {
    this.#begun.push(bytes);
    this.#begunBytes += bytes.length;
  }

  /** @returns where the first frame begins that is not there as a whole */
  #handle(bytes: Buffer): number {
    let at = 0;
    while (bytes.length - at >= HEAD_BYTES) {
      const end = at + frameBytes(bytes, at);
      if (end > bytes.length) break;
      const payload = bytes.subarray(at + HEAD_BYTES, end);
      this.#receiver.handle(bytes[at]!, bytes.readUInt32BE(at + 1), payload);
      at = end;
    }
    return at;
  }
}

/** Of the frame that begins there, whose head is there. */
function frameBytes(bytes: Buffer, at: number): number {
  return HEAD_BYTES + bytes.readUInt32BE(at + 5);
}
