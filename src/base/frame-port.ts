import type { MessagePort } from "node:worker_threads";

/**
 * Small messages between two threads, many to a post: what is sent in one turn of the event loop goes as one block of bytes that
 * changes hands without a copy. A post and its wake-up cost as much as thousands of bytes.
 *
 * A frame is its kind (one byte), the number of what it belongs to and its payload's length (four bytes each, big endian), and the
 * payload. Frames arrive in the order in which they were sent.
 */
export interface FramePort {
  send(kind: number, number: number, payload: string | Buffer): void;
  /**
   * Nothing to wait for while the other side keeps up; else resolves when it has taken in what it got. Who sends without being
   * asked waits for it, so that a thread that is busy does not fill the memory.
   */
  room(): Promise<void> | undefined;
  /** Nothing is sent or received after it. The other side is told. */
  close(): void;
}

export interface FrameReceiver {
  /** The payload is there until this returns: its memory is freed then. */
  handle(kind: number, number: number, payload: Buffer): void;
  /** Told once when the port is closed, by whichever side, or because the other thread has ended. */
  over(): void;
}

const HEAD_BYTES = 9;
/** So much may be under way to a thread before room is short. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** A block that is this large goes at once; after so much the sender is told that it was taken in. */
const LARGE_BYTES = 1024 * 1024;

interface Outgoing {
  readonly kind: number;
  readonly number: number;
  readonly payload: string | Buffer;
  readonly length: number;
}

/** What passes: a block of frames, or how many bytes of such blocks have been taken in. */
type Passed = ArrayBuffer | number;

export function openFramePort(port: MessagePort, receiver: FrameReceiver): FramePort {
  let outgoing: Outgoing[] = [];
  let waitingBytes = 0;
  let underWayBytes = 0;
  let takenBytes = 0;
  let isFlushing = false;
  let isClosed = false;
  let short: PromiseWithResolvers<void> | undefined;

  function flush(): void {
    isFlushing = false;
    if (isClosed || outgoing.length === 0) return;
    const block = blockOf(outgoing, waitingBytes);
    underWayBytes += waitingBytes;
    outgoing = [];
    waitingBytes = 0;
    port.postMessage(block, [block]);
  }
  function taken(bytes: number): void {
    underWayBytes -= bytes;
    if (hasRoom()) giveRoom();
  }
  function giveRoom(): void {
    short?.resolve();
    short = undefined;
  }
  const hasRoom = (): boolean => underWayBytes + waitingBytes < WINDOW_BYTES;

  port.on("message", (passed: Passed) => {
    if (typeof passed === "number") return taken(passed);
    eachFrame(Buffer.from(passed), receiver);
    takenBytes += passed.byteLength;
    // Not when some collection finds it: blocks that wait for that are reason enough for V8 to look through the whole heap.
    passed.transfer(0);
    if (takenBytes < LARGE_BYTES || isClosed) return;
    port.postMessage(takenBytes);
    takenBytes = 0;
  });
  port.on("close", () => {
    isClosed = true;
    giveRoom();
    receiver.over();
  });
  return {
    send(kind, number, payload) {
      if (isClosed) return;
      const length = typeof payload === "string" ? Buffer.byteLength(payload) : payload.length;
      outgoing.push({ kind, number, payload, length });
      waitingBytes += HEAD_BYTES + length;
      if (waitingBytes > LARGE_BYTES) flush();
      else if (!isFlushing) {
        isFlushing = true;
        setImmediate(flush);
      }
    },
    room() {
      if (isClosed || hasRoom()) return undefined;
      short ??= Promise.withResolvers<void>();
      return short.promise;
    },
    close() {
      flush();
      port.close();
    },
  };
}

function blockOf(frames: readonly Outgoing[], length: number): ArrayBuffer {
  // Not a part of Node's pool, which cannot change hands.
  const block = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const frame of frames) {
    block[at] = frame.kind;
    block.writeUInt32BE(frame.number, at + 1);
    block.writeUInt32BE(frame.length, at + 5);
    at += HEAD_BYTES;
    const { payload } = frame;
    if (typeof payload === "string") block.write(payload, at);
    else block.set(payload, at);
    at += frame.length;
  }
  return block.buffer;
}

function eachFrame(block: Buffer, receiver: FrameReceiver): void {
  let at = 0;
  while (at < block.length) {
    const kind = block[at]!;
    const number = block.readUInt32BE(at + 1);
    const end = at + HEAD_BYTES + block.readUInt32BE(at + 5);
    const payload = block.subarray(at + HEAD_BYTES, end);
    at = end;
    receiver.handle(kind, number, payload);
  }
}
