/**
 * SPDY/3.1 frames, as far as a client needs them (https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/).
 * Container runtimes still stream over it.
 */
export const SYN_STREAM = 1;
export const SYN_REPLY = 2;
export const RST_STREAM = 3;
export const PING = 6;
export const GOAWAY = 7;

/** Flag of the last frame of one direction of a stream. */
export const FIN = 1;

const VERSION = 3;
const HEADER_BYTES = 8;
/** A frame's length has 24 bits; smaller pieces let other streams in between. */
export const DATA_LIMIT_BYTES = 64 * 1024;
/** Header blocks are tiny here. What claims to be larger is no SPDY. */
const CONTROL_LIMIT_BYTES = 1024 * 1024;

export function controlFrame(type: number, flags: number, payload: Buffer): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + payload.length);
  frame.writeUInt16BE(0x8000 | VERSION, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4);
  payload.copy(frame, HEADER_BYTES);
  return frame;
}

/** Opens a stream that both sides may send on. */
export function synStreamFrame(streamId: number, headerBlock: Buffer): Buffer {
  const payload = Buffer.alloc(10 + headerBlock.length);
  payload.writeUInt32BE(streamId, 0);
  headerBlock.copy(payload, 10);
  return controlFrame(SYN_STREAM, 0, payload);
}

export function pingFrame(id: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(id >>> 0);
  return controlFrame(PING, 0, payload);
}

/** The eight bytes before the data of a stream. */
export function dataFrameHeader(streamId: number, flags: number, length: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(streamId, 0);
  header.writeUInt32BE(((flags << 24) | length) >>> 0, 4);
  return header;
}

export interface FrameHandler {
  /** Data of a stream, in pieces as they come. */
  data(streamId: number, chunk: Buffer): void;
  /** The other side sends nothing more on this stream. */
  end(streamId: number): void;
  control(type: number, flags: number, payload: Buffer): void;
}

/** Takes a connection's bytes apart. `push` throws on what cannot be SPDY. */
export class FrameParser {
  readonly #handler: FrameHandler;
  /** Bytes of a header or of a control frame that is not complete yet. */
  #pending: Buffer = Buffer.alloc(0);
  #data: { streamId: number; flags: number; left: number } | undefined;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  push(bytes: Buffer): void {
    let rest = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#pending = Buffer.alloc(0);
    for (;;) {
      const taken = this.#data === undefined ? this.#takeFrame(rest) : this.#takeData(rest, this.#data);
      if (taken === 0) break;
      rest = rest.subarray(taken);
    }
    // A copy: the socket's buffer may be large and is not ours to keep.
    if (rest.length > 0) this.#pending = Buffer.from(rest);
  }

  #takeFrame(bytes: Buffer): number {
    if (bytes.length < HEADER_BYTES) return 0;
    const flags = bytes.readUInt8(4);
    const length = bytes.readUIntBE(5, 3);
    const first = bytes.readUInt16BE(0);
    if ((first & 0x8000) === 0) {
      this.#data = { streamId: bytes.readUInt32BE(0), flags, left: length };
      if (length === 0) this.#finishData(this.#data);
      return HEADER_BYTES;
    }
    if ((first & 0x7fff) !== VERSION) throw new Error(`the peer speaks SPDY version ${first & 0x7fff}, not 3`);
    if (length > CONTROL_LIMIT_BYTES) throw new Error(`the peer sent a control frame of ${length} bytes`);
    if (bytes.length < HEADER_BYTES + length) return 0;
    this.#handler.control(bytes.readUInt16BE(2), flags, bytes.subarray(HEADER_BYTES, HEADER_BYTES + length));
    return HEADER_BYTES + length;
  }

  #takeData(bytes: Buffer, data: { streamId: number; flags: number; left: number }): number {
    const taken = Math.min(bytes.length, data.left);
    if (taken === 0) return 0;
    data.left -= taken;
    this.#handler.data(data.streamId, bytes.subarray(0, taken));
    if (data.left === 0) this.#finishData(data);
    return taken;
  }

  #finishData(data: { streamId: number; flags: number }): void {
    this.#data = undefined;
    if ((data.flags & FIN) !== 0) this.#handler.end(data.streamId);
  }
}
