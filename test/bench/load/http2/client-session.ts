import type { Duplex } from "node:stream";
import {
  ACK,
  CANCEL,
  CONTINUATION,
  ConnectionError,
  contentOf,
  controlFrame,
  DATA,
  DEFAULT_WINDOW,
  END_STREAM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  type Frame,
  FrameReader,
  GOAWAY,
  goAwayFrame,
  HEADERS,
  NO_ERROR,
  numberFrame,
  PING,
  PREFACE,
  PROTOCOL_ERROR,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  SETTINGS_ENABLE_PUSH,
  SETTINGS_INITIAL_WINDOW_SIZE,
  settingsFrame,
  WINDOW_MAX,
  WINDOW_UPDATE,
} from "../../../../src/base/http2/frames.ts";
import { HeaderBlocks } from "../../../../src/base/http2/header-blocks.ts";
import { HeaderDecoder } from "../../../../src/base/http2/header-decoder.ts";
import { HeaderEncoder } from "../../../../src/base/http2/header-encoder.ts";
import { type HeaderField, TABLE_BYTES } from "../../../../src/base/http2/header-table.ts";
import { SessionOutput } from "../../../../src/base/http2/session-output.ts";
import { readSettings } from "../../../../src/base/http2/settings.ts";
import { type Answer, type ClientRequest, ClientStream } from "./client-stream.ts";
import { errorName } from "./error-names.ts";

const HEADER_LIST_BYTES_MAX = 1024 * 1024;
const FIRST_FINAL_CODE = 200;

/**
 * The client's end of an HTTP/2 connection (RFC 9113) that sends load. Not Node's: that one costs the load process more than most
 * servers need for the request. All requests of a turn are one write, and of an answer only what load has to know is made.
 */
export class ClientSession {
  /** The server has said what it takes. */
  readonly opened: Promise<void>;
  readonly #socket: Duplex;
  readonly #reader = new FrameReader("server");
  readonly #blocks = new HeaderBlocks(HEADER_LIST_BYTES_MAX, (streamId, block, isEnd) =>
    this.#takeBlock(streamId, block, isEnd),
  );
  readonly #decoder = new HeaderDecoder(HEADER_LIST_BYTES_MAX, statusOf);
  readonly #output: SessionOutput;
  readonly #streams = new Map<number, ClientStream>();
  /** For which the server has no room yet. */
  #waiting: ClientStream[] = [];
  /** Streams at once that the server takes. */
  #room = Number.POSITIVE_INFINITY;
  #nextStreamId = 1;
  /** Of new streams, by the server's settings. */
  #initialWindow = DEFAULT_WINDOW;
  /** What the server may send on a stream, and on all together; it hears of what was taken at every half. */
  readonly #window: number;
  #taken = 0;
  #failure: Error | undefined;
  #isOpen = false;
  #sayOpened!: () => void;
  #sayNotOpened!: (error: Error) => void;

  /** @param windowBytes of a stream, and of the connection: what is the default, or more */
  constructor(socket: Duplex, windowBytes: number) {
    this.#socket = socket;
    this.#window = windowBytes;
    // A token is long, and comes with every request.
    this.#output = new SessionOutput(socket, new HeaderEncoder(TABLE_BYTES / 2));
    this.opened = new Promise((resolve, reject) => {
      this.#sayOpened = resolve;
      this.#sayNotOpened = reject;
    });
    // Who sends a request hears of it, too.
    this.opened.catch(() => {});
    this.#output.control(PREFACE);
    this.#output.control(
      settingsFrame([
        [SETTINGS_ENABLE_PUSH, 0],
        [SETTINGS_INITIAL_WINDOW_SIZE, windowBytes],
      ]),
    );
    const more = windowBytes - DEFAULT_WINDOW;
    if (more > 0) this.#output.control(numberFrame(WINDOW_UPDATE, 0, more));
    socket.on("error", (error) => this.#fail(new Error(`the connection broke: ${error.message}`)));
    socket.on("end", () => this.#fail(new Error("the server closed the connection")));
    socket.on("close", () => this.#fail(new Error("the connection was closed")));
  }

  /** Resolves when the answer is whole. @throws Error when the stream or the connection ends before */
  request(request: ClientRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const stream = new ClientStream(request, { resolve, reject });
      if (this.#failure !== undefined) stream.breakOff(this.#failure);
      else if (this.#streams.size < this.#room) this.#begin(stream);
      else this.#waiting.push(stream);
    });
  }

  /** Says that no more comes, and ends. */
  close(): void {
    this.#end(new Error("the connection has been closed"), NO_ERROR);
  }

  #begin(stream: ClientStream): void {
    if (this.#nextStreamId > WINDOW_MAX) return void stream.breakOff(new Error("the connection has no stream left"));
    stream.id = this.#nextStreamId;
    this.#nextStreamId += 2;
    stream.window = this.#initialWindow;
    this.#streams.set(stream.id, stream);
    this.#output.ready(stream, stream.output.bytes);
  }

  /** The stream is over, in whatever way. */
  #forget(stream: ClientStream): void {
    this.#streams.delete(stream.id);
    if (stream.isUnsent) this.#output.forget(stream, stream.output.bytes);
    this.#beginWaiting();
  }

  #beginWaiting(): void {
    while (this.#waiting.length > 0 && this.#streams.size < this.#room) this.#begin(this.#waiting.shift()!);
  }

  /** What came from the socket; it is free again afterwards. */
  receive(chunk: Buffer): void {
    if (this.#failure !== undefined) return;
    try {
      this.#reader.push(chunk, this.#take);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  readonly #take = (frame: Frame): void => {
    if (this.#failure !== undefined) return;
    if (!this.#isOpen && frame.type !== SETTINGS) throw wrong("the server does not begin with its settings");
    this.#blocks.checkOrder(frame.type);
    switch (frame.type) {
      case DATA:
        return void this.#takeData(frame);
      case HEADERS:
        return void this.#blocks.takeHeaders(frame);
      case CONTINUATION:
        return void this.#blocks.takeContinuation(frame);
      case RST_STREAM:
        return void this.#takeReset(frame);
      case SETTINGS:
        return void this.#takeSettings(frame);
      case PUSH_PROMISE:
        throw wrong("the server pushes, which it was told not to");
      case PING:
        return void this.#takePing(frame);
      case GOAWAY:
        return void this.#takeGoAway(frame);
      case WINDOW_UPDATE:
        return void this.#takeWindowUpdate(frame);
      default:
        // PRIORITY, and what nobody knows (RFC 9113, section 5.5).
        break;
    }
  };

  #takeData(frame: Frame): void {
    const { streamId, payload, flags } = frame;
    this.#taken += payload.length;
    if (this.#taken >= this.#window / 2) {
      this.#output.control(numberFrame(WINDOW_UPDATE, 0, this.#taken));
      this.#taken = 0;
    }
    const stream = this.#known(streamId);
    if (stream === undefined) return;
    if (stream.code === 0) throw wrong("data come before their answer's head");
    stream.receive(contentOf(frame));
    if ((flags & END_STREAM) !== 0) return void this.#finish(stream);
    stream.read += payload.length;
    if (stream.read >= this.#window / 2) {
      this.#output.control(numberFrame(WINDOW_UPDATE, streamId, stream.read));
      stream.read = 0;
    }
  }

  #takeBlock(streamId: number, block: Buffer, isEnd: boolean): void {
    // Also of what nobody waits for: the table must stay the same on both sides.
    const code = this.#decoder.decode(block);
    const stream = this.#known(streamId);
    if (stream === undefined) return;
    // Before it there may be others (100 to 199), after it trailers, which have none.
    if (stream.code === 0 && code >= FIRST_FINAL_CODE) stream.code = code;
    if (isEnd) this.#finish(stream);
  }

  #finish(stream: ClientStream): void {
    if (stream.code === 0) throw wrong("an answer without a status");
    stream.end();
    // It needs no more of the request.
    if (stream.isUnsent) this.#output.control(numberFrame(RST_STREAM, stream.id, CANCEL));
    this.#forget(stream);
  }

  #takeReset({ streamId, payload }: Frame): void {
    if (payload.length !== 4) throw new ConnectionError(FRAME_SIZE_ERROR, "a reset of the wrong size");
    const stream = this.#known(streamId);
    if (stream === undefined) return;
    const code = payload.readUInt32BE(0);
    stream.breakOff(new Error(`the server broke the stream off (RST_STREAM, ${errorName(code)})`));
    this.#forget(stream);
  }

  #takeSettings({ streamId, flags, payload }: Frame): void {
    if (streamId !== 0) throw wrong("settings of a stream");
    if ((flags & ACK) !== 0) return;
    const { initialWindow, headerTableBytes, streams } = readSettings(payload);
    if (headerTableBytes !== undefined) this.#output.encoder.limitTable(headerTableBytes);
    if (initialWindow !== undefined) {
      const difference = initialWindow - this.#initialWindow;
      this.#initialWindow = initialWindow;
      for (const stream of this.#streams.values()) this.#widen(stream, difference);
    }
    this.#output.control(controlFrame(SETTINGS, ACK, 0, Buffer.alloc(0)));
    if (streams !== undefined) this.#room = streams;
    this.#isOpen = true;
    this.#sayOpened();
    this.#beginWaiting();
  }

  #takePing({ flags, payload }: Frame): void {
    if (payload.length !== 8) throw new ConnectionError(FRAME_SIZE_ERROR, "a ping of the wrong size");
    if ((flags & ACK) === 0) this.#output.control(controlFrame(PING, ACK, 0, payload));
  }

  #takeGoAway({ payload }: Frame): void {
    if (payload.length < 8) throw new ConnectionError(FRAME_SIZE_ERROR, "a farewell of the wrong size");
    const said = payload.length > 8 ? `: ${payload.toString("utf8", 8)}` : "";
    // Some requests might still be answered; but load that ends half-way is no measurement.
    this.#fail(new Error(`the server ended the connection (GOAWAY, ${errorName(payload.readUInt32BE(4))})${said}`));
  }

  #takeWindowUpdate({ streamId, payload }: Frame): void {
    if (payload.length !== 4) throw new ConnectionError(FRAME_SIZE_ERROR, "a window update of the wrong size");
    const increment = payload.readUInt32BE(0) & WINDOW_MAX;
    if (increment === 0) throw wrong("a window update of nothing");
    if (streamId !== 0) {
      const stream = this.#known(streamId);
      if (stream !== undefined) this.#widen(stream, increment);
      return;
    }
    if (this.#output.window + increment > WINDOW_MAX) {
      throw new ConnectionError(FLOW_CONTROL_ERROR, "a window too wide");
    }
    this.#output.widen(increment);
  }

  #widen(stream: ClientStream, bytes: number): void {
    if (stream.window + bytes > WINDOW_MAX) throw new ConnectionError(FLOW_CONTROL_ERROR, "a window too wide");
    stream.window += bytes;
    if (stream.output.bytes > 0 && stream.window > 0) this.#output.ready(stream, 0);
  }

  /** Undefined for one that is over. @throws ConnectionError for one that has never been there */
  #known(streamId: number): ClientStream | undefined {
    const stream = this.#streams.get(streamId);
    if (stream === undefined && (streamId % 2 === 0 || streamId >= this.#nextStreamId)) {
      throw wrong(`stream ${streamId} is not there`);
    }
    return stream;
  }

  #fail(error: Error): void {
    if (!(error instanceof ConnectionError)) return void this.#end(error, NO_ERROR);
    this.#end(new Error(`the server does not keep to HTTP/2: ${error.message}`), error.code);
  }

  /** All who wait for an answer hear why there will be none. Idempotent. */
  #end(error: Error, code: number): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#output.control(goAwayFrame(0, code));
    this.#output.flush();
    this.#output.close();
    this.#socket.end(() => this.#socket.destroy());
    this.#sayNotOpened(error);
    for (const stream of [...this.#streams.values(), ...this.#waiting]) stream.breakOff(error);
    this.#streams.clear();
    this.#waiting = [];
  }
}

function statusOf([first]: readonly HeaderField[]): number {
  return first?.name === ":status" ? Number(first.value) : 0;
}

function wrong(what: string): ConnectionError {
  return new ConnectionError(PROTOCOL_ERROR, what);
}
