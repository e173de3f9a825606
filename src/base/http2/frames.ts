/** HTTP/2 frames (RFC 9113, section 4 and 6), as far as we need them. */
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
export const CANCEL = 8;
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

/** What a client begins with. */
export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

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

const EMPTY = Buffer.alloc(0);

/** Takes a connection's bytes apart. */
export class FrameReader {
  /** Room for a frame of which a part has come, and how much: only what is cut is copied. */
  #cut: Buffer = EMPTY;
  #cutBytes = 0;
  /** How much of it has come. */
  #prefaceBytes: number;

  /** @param sender whose bytes they are: a client's begin with the preface */
  constructor(sender: "client" | "server" = "client") {
    this.#prefaceBytes = sender === "client" ? 0 : PREFACE.length;
  }

  /** Hands on the frames that are whole now. @throws ConnectionError on what cannot be HTTP/2 */
  push(chunk: Buffer, take: (frame: Frame) => void): void {
    let at = this.#prefaceBytes < PREFACE.length ? this.#takePreface(chunk) : 0;
    if (this.#cutBytes > 0) at = this.#complete(chunk, { at, take });
    while (chunk.length - at >= HEADER_BYTES) {
      const end = at + frameBytesAt(chunk, at);
      if (chunk.length < end) break;
      take(frameAt(chunk, at, end));
      at = end;
    }
    if (at === chunk.length) return;
    this.#cut = Buffer.allocUnsafe(chunk.length - at < HEADER_BYTES ? HEADER_BYTES : frameBytesAt(chunk, at));
    this.#cutBytes = chunk.copy(this.#cut, 0, at);
  }

  #takePreface(chunk: Buffer): number {
    const seen = this.#prefaceBytes;
    const length = Math.min(chunk.length, PREFACE.length - seen);
    if (PREFACE.compare(chunk, 0, length, seen, seen + length) !== 0) {
      throw new ConnectionError(PROTOCOL_ERROR, "the connection does not begin with HTTP/2's preface");
    }
    this.#prefaceBytes += length;
    return length;
  }

  /** Adds to the frame that was cut, and hands it on when it is whole. Answers where the next one begins. */
  #complete(chunk: Buffer, { at, take }: { at: number; take: (frame: Frame) => void }): number {
    let next = at;
    for (;;) {
      const copied = chunk.copy(this.#cut, this.#cutBytes, next);
      next += copied;
      this.#cutBytes += copied;
      if (this.#cutBytes < this.#cut.length) return next;
      const bytes = frameBytesAt(this.#cut, 0);
      if (this.#cutBytes === bytes) break;
      // Its length was cut, too.
      this.#cut = Buffer.concat([this.#cut], bytes);
    }
    const frame = frameAt(this.#cut, 0, this.#cut.length);
    this.#cut = EMPTY;
    this.#cutBytes = 0;
    take(frame);
    return next;
  }
}

/** How long the frame is that begins there. @throws ConnectionError */
function frameBytesAt(bytes: Buffer, at: number): number {
  const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  if (length > FRAME_BYTES_MAX) throw new ConnectionError(FRAME_SIZE_ERROR, `a frame of ${length} bytes`);
  return HEADER_BYTES + length;
}

function frameAt(bytes: Buffer, at: number, end: number): Frame {
  const payload = bytes.subarray(at + HEADER_BYTES, end);
  return { type: bytes[at + 3]!, flags: bytes[at + 4]!, streamId: streamIdAt(bytes, at + 5), payload };
}

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
