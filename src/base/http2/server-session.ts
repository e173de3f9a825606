import type { Duplex } from "node:stream";
import type { Clock, Timer } from "../clock.ts";
import { nextTurn } from "../turn.ts";
import {
  ACK,
  CONTINUATION,
  ConnectionError,
  contentOf,
  controlFrame,
  DATA,
  DEFAULT_WINDOW,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  type Frame,
  FrameReader,
  GOAWAY,
  goAwayFrame,
  HEADERS,
  INTERNAL_ERROR,
  NO_ERROR,
  numberFrame,
  PING,
  PRIORITY,
  PROTOCOL_ERROR,
  PUSH_PROMISE,
  REFUSED_STREAM,
  RST_STREAM,
  SETTINGS,
  SETTINGS_INITIAL_WINDOW_SIZE,
  SETTINGS_MAX_CONCURRENT_STREAMS,
  SETTINGS_MAX_HEADER_LIST_SIZE,
  STREAM_CLOSED,
  settingsFrame,
  WINDOW_MAX,
  WINDOW_UPDATE,
} from "./frames.ts";
import { HeaderBlocks } from "./header-blocks.ts";
import { HeaderDecoder } from "./header-decoder.ts";
import { Patience, type PatienceLimits } from "./patience.ts";
import { type HeadProblem, type RequestHead, requestHead } from "./request-head.ts";
import { ServerStream, type StreamConnection } from "./server-stream.ts";
import { SessionOutput } from "./session-output.ts";
import { readSettings } from "./settings.ts";

/** What one connection may take. */
export interface Http2Limits extends PatienceLimits {
  /** Streams at once. */
  readonly streams: number;
  readonly headerBytes: number;
  readonly headerPairs: number;
  /** Bytes of answers that wait to be read; beyond them no stream is let in. */
  readonly unsentBytes: number;
  /** Without a stream. */
  readonly idleMs: number;
}

export interface ServerSessionOptions {
  readonly clock: Clock;
  readonly limits: Http2Limits;
  /** A request whose head is there; its body may be as well. */
  readonly onStream: (stream: ServerStream) => void;
  /** Why a connection was ended. */
  readonly onError: (error: Error) => void;
}

/** What a client may send on one stream before its body is taken. */
const STREAM_WINDOW = 1024 * 1024;
/** On all streams together. */
const CONNECTION_WINDOW = 16 * 1024 * 1024;
/** So many requests of a connection begin in one turn: who sends hundreds at once keeps nobody else waiting for all of them. */
const STARTS_MAX = 32;
/** No stream at all has been turned away yet. */
const LAST_STREAM_MAX = 2 ** 31 - 1;
/** For a client to hear that it is to leave, as Go's server. */
const LEAVE_MS = 1000;
/** A client that asks for answers and never reads them. */
const CONTROL_BYTES_MAX = 1024 * 1024;

/**
 * The server's end of an HTTP/2 connection (RFC 9113). Instead of Node's own, whose streams cost more than the requests that come
 * over them: here a request is one object without events, and all answers of a turn are one write.
 */
export class ServerSession implements StreamConnection {
  readonly #socket: Duplex;
  readonly #options: ServerSessionOptions;
  readonly #reader = new FrameReader();
  readonly #blocks: HeaderBlocks;
  readonly #decoder: HeaderDecoder<RequestHead | HeadProblem>;
  readonly #output: SessionOutput;
  readonly #streams = new Map<number, ServerStream>();
  readonly #patience: Patience;
  /** Whose heads are there, and which nobody has been told of. */
  readonly #opened: ServerStream[] = [];
  #isBeginning = false;
  #lastStreamId = 0;
  /** Of new streams, by the client's settings. */
  #initialWindow = DEFAULT_WINDOW;
  /** What the client may still send on the connection, and how much of it was taken. */
  #credit = CONNECTION_WINDOW;
  #taken = 0;
  /** By type. */
  readonly #takers: readonly ((frame: Frame) => void)[];
  #isGoing = false;
  #isOver = false;
  #activeMs: number;
  #idle: Timer | undefined;
  #leaving: Timer | undefined;

  constructor(socket: Duplex, options: ServerSessionOptions) {
    const { clock, limits } = options;
    this.#socket = socket;
    this.#options = options;
    const head = { pairsMax: limits.headerPairs };
    this.#decoder = new HeaderDecoder(limits.headerBytes, (fields, isTooLarge) =>
      isTooLarge ? "too large" : requestHead(fields, head),
    );
    this.#blocks = new HeaderBlocks(limits.headerBytes, (streamId, block, isEnd) =>
      this.#takeBlock(streamId, block, isEnd),
    );
    this.#output = new SessionOutput(socket);
    this.#takers = this.#takersByType();
    this.#patience = new Patience(clock, limits);
    this.#activeMs = clock.monotonic();
    this.#output.control(
      settingsFrame([
        [SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams],
        [SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW],
        [SETTINGS_MAX_HEADER_LIST_SIZE, limits.headerBytes],
      ]),
    );
    this.#output.control(numberFrame(WINDOW_UPDATE, 0, CONNECTION_WINDOW - DEFAULT_WINDOW));
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("close", () => this.#close());
    this.#watchIdleness(limits.idleMs);
  }

  /** Takes no more streams; those that are open go on. */
  goAway(): void {
    if (this.#isGoing || this.#isOver) return;
    this.#isGoing = true;
    this.#output.control(goAwayFrame(this.#lastStreamId, NO_ERROR));
  }

  /**
   * Asks the client to go on over another connection. It may not have heard of it when it opens the next stream: for a while
   * they are taken (RFC 9113, 6.8).
   */
  askToLeave(): void {
    if (this.#leaving !== undefined || this.#isGoing || this.#isOver) return;
    this.#output.control(goAwayFrame(LAST_STREAM_MAX, NO_ERROR));
    this.#leaving = this.#options.clock.setTimer(() => this.goAway(), LEAVE_MS);
  }

  ready(stream: ServerStream, bytes: number): void {
    this.#output.ready(stream, bytes);
  }

  credit(stream: ServerStream, bytes: number): void {
    this.#taken += bytes;
    if (this.#taken >= CONNECTION_WINDOW / 2) {
      this.#output.control(numberFrame(WINDOW_UPDATE, 0, this.#taken));
      this.#credit += this.#taken;
      this.#taken = 0;
    }
    const missing = STREAM_WINDOW - stream.credit;
    if (missing < STREAM_WINDOW / 2 || stream.isReceived || stream.isClosed) return;
    this.#output.control(numberFrame(WINDOW_UPDATE, stream.id, missing));
    stream.credit = STREAM_WINDOW;
  }

  reset(stream: ServerStream, code: number): void {
    // What was written before goes out before.
    if (code !== NO_ERROR && !stream.isClosed) this.#output.flush();
    this.#output.control(numberFrame(RST_STREAM, stream.id, code));
    stream.close();
  }

  closed(stream: ServerStream, unread: number, unsent: number): void {
    this.#streams.delete(stream.id);
    this.#output.forget(stream, unsent);
    if (unread > 0) this.credit(stream, unread);
    this.#activeMs = this.#options.clock.monotonic();
  }

  #receive(chunk: Buffer): void {
    if (this.#isOver) return;
    try {
      this.#reader.push(chunk, this.#take);
      if (this.#output.unsentControl > CONTROL_BYTES_MAX)
        throw new ConnectionError(ENHANCE_YOUR_CALM, "answers that the client does not read");
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    // Once all is read that came with it: a short body is there.
    if (this.#opened.length > 0 && !this.#isBeginning) this.#begin();
  }

  #begin(): void {
    for (const stream of this.#opened.splice(0, STARTS_MAX)) if (!stream.isClosed) this.#options.onStream(stream);
    this.#isBeginning = this.#opened.length > 0;
    if (this.#isBeginning) void nextTurn().then(() => this.#begin());
  }

  readonly #take = (frame: Frame): void => {
    this.#blocks.checkOrder(frame.type);
    // Frames of other types are let pass (RFC 9113, section 5.5): browsers send some with each request.
    this.#takers[frame.type]?.(frame);
  };

  #takersByType(): readonly ((frame: Frame) => void)[] {
    const takers: ((frame: Frame) => void)[] = [];
    takers[DATA] = (frame) => this.#takeData(frame);
    takers[HEADERS] = (frame) => this.#takeHeaders(frame);
    // Nobody's turn depends on it.
    takers[PRIORITY] = () => {};
    takers[RST_STREAM] = (frame) => this.#takeReset(frame);
    takers[SETTINGS] = (frame) => this.#takeSettings(frame);
    takers[PUSH_PROMISE] = () => {
      throw wrong("a client cannot push");
    };
    takers[PING] = (frame) => this.#takePing(frame);
    // Who goes away still hears the answers.
    takers[GOAWAY] = () => {};
    takers[WINDOW_UPDATE] = (frame) => this.#takeWindowUpdate(frame);
    takers[CONTINUATION] = (frame) => this.#blocks.takeContinuation(frame);
    return takers;
  }

  #takeData(frame: Frame): void {
    const { streamId, payload, flags } = frame;
    this.#credit -= payload.length;
    if (this.#credit < 0) throw new ConnectionError(FLOW_CONTROL_ERROR, "more data than the connection has room for");
    const stream = this.#known(streamId);
    const content = contentOf(frame);
    if (content.length === 0 && (flags & END_STREAM) === 0) this.#patience.noteInvalid();
    // What comes on a stream that has been closed was on its way.
    if (stream === undefined) return void this.#takeBack(payload.length);
    stream.credit -= payload.length;
    if (stream.credit < 0) return void this.#break(stream, FLOW_CONTROL_ERROR);
    if (stream.isReceived) return void this.#break(stream, STREAM_CLOSED);
    if (content.length < payload.length) this.#takeBack(payload.length - content.length);
    if (content.length > 0 && !stream.receive(content)) return void this.#break(stream, PROTOCOL_ERROR);
    if ((flags & END_STREAM) !== 0 && !stream.receiveEnd()) this.#break(stream, PROTOCOL_ERROR);
  }

  #takeHeaders(frame: Frame): void {
    const { streamId } = frame;
    if (streamId % 2 === 0) throw wrong(`headers on stream ${streamId}, which a client cannot have`);
    this.#blocks.takeHeaders(frame);
  }

  #takeBlock(streamId: number, block: Buffer, isEnd: boolean): void {
    // Also of what nobody wants: the table must stay the same on both sides.
    const head = this.#decoder.decode(block);
    const open = this.#streams.get(streamId);
    if (open !== undefined) {
      // Trailers: they say nothing here.
      if (open.isReceived || !isEnd || !open.receiveEnd()) this.#break(open, PROTOCOL_ERROR);
      return;
    }
    if (streamId <= this.#lastStreamId || this.#isGoing) return;
    this.#lastStreamId = streamId;
    if (typeof head === "string") {
      return void this.#refuse(streamId, head === "too large" ? ENHANCE_YOUR_CALM : PROTOCOL_ERROR);
    }
    const { limits } = this.#options;
    if (this.#streams.size >= limits.streams || this.#output.unsent > limits.unsentBytes) {
      this.#patience.noteRejected();
      return void this.#output.control(numberFrame(RST_STREAM, streamId, REFUSED_STREAM));
    }
    const windows = { window: this.#initialWindow, credit: STREAM_WINDOW };
    const stream = new ServerStream({ id: streamId, request: head, connection: this, ...windows });
    this.#streams.set(streamId, stream);
    this.#opened.push(stream);
    if (isEnd && !stream.receiveEnd()) this.#break(stream, PROTOCOL_ERROR);
  }

  #takeReset({ streamId, payload }: Frame): void {
    if (payload.length !== 4) throw new ConnectionError(FRAME_SIZE_ERROR, "a reset of the wrong size");
    const stream = this.#known(streamId);
    this.#patience.noteReset();
    stream?.close();
  }

  #takeSettings({ streamId, flags, payload }: Frame): void {
    if (streamId !== 0) throw wrong("settings of a stream");
    if ((flags & ACK) !== 0) {
      if (payload.length !== 0) throw new ConnectionError(FRAME_SIZE_ERROR, "settings of the wrong size");
      return;
    }
    const { initialWindow, headerTableBytes } = readSettings(payload);
    if (headerTableBytes !== undefined) this.#output.encoder.limitTable(headerTableBytes);
    if (initialWindow !== undefined) {
      const difference = initialWindow - this.#initialWindow;
      this.#initialWindow = initialWindow;
      for (const stream of this.#streams.values()) this.#widen(stream, difference);
    }
    this.#output.control(controlFrame(SETTINGS, ACK, 0, Buffer.alloc(0)));
  }

  #takePing({ streamId, flags, payload }: Frame): void {
    if (streamId !== 0) throw wrong("a ping of a stream");
    if (payload.length !== 8) throw new ConnectionError(FRAME_SIZE_ERROR, "a ping of the wrong size");
    if ((flags & ACK) === 0) this.#output.control(controlFrame(PING, ACK, 0, payload));
  }

  #takeWindowUpdate({ streamId, payload }: Frame): void {
    if (payload.length !== 4) throw new ConnectionError(FRAME_SIZE_ERROR, "a window update of the wrong size");
    const increment = payload.readUInt32BE(0) & WINDOW_MAX;
    if (streamId === 0) {
      if (increment === 0) throw wrong("a window update of nothing");
      if (this.#output.window + increment > WINDOW_MAX)
        throw new ConnectionError(FLOW_CONTROL_ERROR, "a window too wide");
      return void this.#output.widen(increment);
    }
    const stream = this.#known(streamId);
    if (stream === undefined) return;
    if (increment === 0) return void this.#break(stream, PROTOCOL_ERROR);
    this.#widen(stream, increment);
  }

  #widen(stream: ServerStream, bytes: number): void {
    if (stream.window + bytes > WINDOW_MAX) return void this.#break(stream, FLOW_CONTROL_ERROR);
    stream.window += bytes;
    if (stream.output.bytes > 0 && stream.window > 0) this.#output.ready(stream, 0);
  }

  /** Undefined for one that has been closed. @throws ConnectionError for one that has never been there */
  #known(streamId: number): ServerStream | undefined {
    const stream = this.#streams.get(streamId);
    if (stream === undefined && (streamId === 0 || streamId % 2 === 0 || streamId > this.#lastStreamId)) {
      if (!this.#isGoing || streamId % 2 === 0) throw wrong(`stream ${streamId} is not there`);
    }
    return stream;
  }

  /** The client did something wrong on a stream. */
  #break(stream: ServerStream, code: number): void {
    this.#patience.noteReset();
    this.reset(stream, code);
  }

  #refuse(streamId: number, code: number): void {
    this.#patience.noteReset();
    this.#patience.noteInvalid();
    this.#output.control(numberFrame(RST_STREAM, streamId, code));
  }

  #takeBack(bytes: number): void {
    this.#taken += bytes;
  }

  /** Tells the client why, and ends. */
  #fail(error: Error): void {
    const code = error instanceof ConnectionError ? error.code : INTERNAL_ERROR;
    this.#options.onError(error);
    this.#output.control(goAwayFrame(this.#lastStreamId, code, error instanceof ConnectionError ? error.message : ""));
    this.#end();
  }

  #end(): void {
    this.#output.flush();
    this.#isOver = true;
    this.#output.close();
    // What a socket has not taken by now, its client does not read.
    if (this.#socket.writableLength > 0) this.#socket.destroy();
    else this.#socket.end(() => this.#socket.destroy());
    this.#close();
  }

  #close(): void {
    this.#isOver = true;
    this.#idle?.cancel();
    this.#leaving?.cancel();
    this.#output.close();
    for (const stream of [...this.#streams.values()]) stream.close();
  }

  #watchIdleness(waitMs: number): void {
    const { clock, limits } = this.#options;
    this.#idle = clock.setTimer(() => {
      if (this.#isOver) return;
      const restMs = this.#streams.size > 0 ? limits.idleMs : this.#activeMs + limits.idleMs - clock.monotonic();
      if (restMs > 0) return void this.#watchIdleness(restMs);
      this.goAway();
      this.#end();
    }, waitMs);
  }
}

function wrong(what: string): ConnectionError {
  return new ConnectionError(PROTOCOL_ERROR, what);
}
