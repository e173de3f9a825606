/** HTTP/2 frames (RFC 9113, section 4 and 6), as far as a server needs them. */
export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

/** Flags. END_STREAM and ACK are the same bit, of different frames. */
export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;
export const PADDED = 8;
export const HAS_PRIORITY = 32;

export const NO_ERROR = 0;
export const PROTOCOL_ERROR = 1;
export const INTERNAL_ERROR = 2;
export const FLOW_CONTROL_ERROR = 3;
export const STREAM_CLOSED = 5;
export const FRAME_SIZE_ERROR = 6;
export const REFUSED_STREAM = 7;
export const COMPRESSION_ERROR = 9;
export const ENHANCE_YOUR_CALM = 11;

export const SETTINGS_HEADER_TABLE_SIZE = 1;
export const SETTINGS_ENABLE_PUSH = 2;
export const SETTINGS_MAX_CONCURRENT_STREAMS = 3;
export const SETTINGS_INITIAL_WINDOW_SIZE = 4;
export const SETTINGS_MAX_FRAME_SIZE = 5;
export const SETTINGS_MAX_HEADER_LIST_SIZE = 6;

export const HEADER_BYTES = 9;
/** Every peer takes frames of this size, and we take no larger ones. */
export const FRAME_BYTES_MAX = 16_384;
/** The window of a connection, and of a stream unless settings say otherwise. */
export const DEFAULT_WINDOW = 65_535;
export const WINDOW_MAX = 0x7fff_ffff;

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** What is wrong with a connection as a whole: it ends. */
export class ConnectionError extends Error {
  override name = "ConnectionError";
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** Takes a connection's bytes apart. */
export class FrameReader {
  /** Of a frame that is not whole yet. */
  #rest: Buffer = Buffer.alloc(0);
  #hasPreface = false;

  /** Hands on the frames that are whole now. @throws ConnectionError on what cannot be HTTP/2 */
  push(chunk: Buffer, take: (frame: Frame) => void): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    if (!this.#hasPreface) {
      const length = Math.min(bytes.length, PREFACE.length);
      if (PREFACE.compare(bytes, 0, length, 0, length) !== 0) {
        throw new ConnectionError(PROTOCOL_ERROR, "the connection does not begin with HTTP/2's preface");
      }
      this.#hasPreface = length === PREFACE.length;
      if (this.#hasPreface) at = length;
    }
    while (this.#hasPreface && bytes.length - at >= HEADER_BYTES) {
      const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
      if (length > FRAME_BYTES_MAX) throw new ConnectionError(FRAME_SIZE_ERROR, `a frame of ${length} bytes`);
      const end = at + HEADER_BYTES + length;
      if (bytes.length < end) break;
      const payload = bytes.subarray(at + HEADER_BYTES, end);
      take({ type: bytes[at + 3]!, flags: bytes[at + 4]!, streamId: streamIdAt(bytes, at + 5), payload });
      at = end;
    }
    // A copy: the socket's buffer may be large.
    this.#rest = at === bytes.length ? EMPTY : Buffer.from(bytes.subarray(at));
  }
}

const EMPTY = Buffer.alloc(0);

/** 31 bits: the first one is reserved. */
export function streamIdAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) & 0x7fff_ffff;
}

/** Writes the nine bytes before a frame's payload. */
export function writeFrameHeader(
  bytes: Buffer,
  at: number,
  frame: { readonly length: number; readonly type: number; readonly flags: number; readonly streamId: number },
): void {
  const { length, type, flags, streamId } = frame;
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  bytes[at + 5] = streamId >>> 24;
  bytes[at + 6] = streamId >>> 16;
  bytes[at + 7] = streamId >>> 8;
  bytes[at + 8] = streamId;
}

export function controlFrame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  writeFrameHeader(frame, 0, { length: payload.length, type, flags, streamId });
  payload.copy(frame, HEADER_BYTES);
  return frame;
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.allocUnsafe(settings.length * 6);
  for (const [index, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return controlFrame(SETTINGS, 0, 0, payload);
}

/** RST_STREAM with its code, WINDOW_UPDATE with its increment. */
export function numberFrame(type: number, streamId: number, value: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(value);
  return controlFrame(type, 0, streamId, payload);
}

export function goAwayFrame(lastStreamId: number, code: number, message = ""): Buffer {
  const payload = Buffer.alloc(8 + Buffer.byteLength(message));
  payload.writeUInt32BE(lastStreamId, 0);
  payload.writeUInt32BE(code, 4);
  payload.write(message, 8);
  return controlFrame(GOAWAY, 0, 0, payload);
}

/** Without padding and priority. @throws ConnectionError */
export function contentOf({ flags, payload, type }: Frame): Buffer {
  if ((flags & (PADDED | HAS_PRIORITY)) === 0) return payload;
  let start = 0;
  let end = payload.length;
  if ((flags & PADDED) !== 0) {
    start = 1;
    end -= payload[0] ?? 0;
  }
  if (type === HEADERS && (flags & HAS_PRIORITY) !== 0) start += 5;
  if (start > end) throw new ConnectionError(PROTOCOL_ERROR, "a frame has more padding than bytes");
  return payload.subarray(start, end);
}
