import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, type ClientSessionOptions, connect } from "node:http2";
import { type AddressInfo, connect as connectSocket, createServer, type Server, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { systemClock } from "../clock.ts";
import {
  ACK,
  CONTINUATION,
  controlFrame,
  DATA,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  type Frame,
  FrameReader,
  GOAWAY,
  HEADERS,
  INTERNAL_ERROR,
  numberFrame,
  PING,
  PREFACE,
  PROTOCOL_ERROR,
  RST_STREAM,
  SETTINGS,
  settingsFrame,
  WINDOW_UPDATE,
} from "./frames.ts";
import { type Http2Limits, ServerSession } from "./server-session.ts";
import type { ServerStream } from "./server-stream.ts";

const LIMITS: Http2Limits = {
  streams: 20,
  headerBytes: 32 * 1024,
  headerPairs: 100,
  unsentBytes: 8 * 1024 * 1024,
  resetBurst: 10,
  resetsPerSecond: 1,
  invalidFrames: 10,
  rejectedStreams: 10,
  idleMs: 60_000,
};

let server: Server;
let port: number;
const sockets = new Set<Socket>();
const streams: ServerStream[] = [];
let answer: (stream: ServerStream, body: Buffer | undefined) => void = echo;

/** Answers what it got. */
function echo(stream: ServerStream, body: Buffer | undefined): void {
  if (body === undefined) return;
  const { "x-echo": echoed = "" } = stream.request.headers;
  stream.head(200, ["content-type", "text/plain", "x-echo", String(echoed)]);
  stream.end(body);
}

before(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    new ServerSession(socket, {
      clock: systemClock,
      limits: LIMITS,
      onError: () => {},
      onStream(stream) {
        streams.push(stream);
        const chunks: Buffer[] = [];
        const settled = answer;
        stream.read({
          chunk: (bytes) => void chunks.push(bytes),
          end: () => settled(stream, Buffer.concat(chunks)),
          brokenOff: () => settled(stream, undefined),
        });
      },
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
after(() => {
  server.close();
  for (const socket of sockets) socket.destroy();
});

async function open(options: ClientSessionOptions = {}): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`, options);
  session.on("error", () => {});
  await once(session, "remoteSettings");
  return session;
}

async function post(session: ClientHttp2Session, body: Buffer, headers: Record<string, string> = {}) {
  const stream = session.request({ ":method": "POST", ":path": "/", ...headers });
  const answered = once(stream, "response") as Promise<[Record<string, string>]>;
  stream.end(body);
  const [got] = await answered;
  return { headers: got, body: await buffer(stream) };
}

const SIZES = [0, 1, 16_384, 16_385, 65_535, 65_536, 1_000_000, 3_000_001];
for (const size of SIZES) {
  test(`${size} bytes come and go through the windows of the protocol's defaults`, async () => {
    const session = await open();
    const body = Buffer.alloc(size, "0123456789");
    assert.ok((await post(session, body)).body.equals(body));
    session.close();
  });
}

test("many answers at once share a connection's window, and one that nobody reads holds up none", async () => {
  const session = await open({ settings: { initialWindowSize: 20_000 } });
  // More than the connection's window, had not the stream one of its own.
  const unread = session.request({ ":method": "POST" });
  unread.end(Buffer.alloc(50_000));
  await once(unread, "response");
  const bodies = Array.from({ length: 10 }, (_, index) => Buffer.alloc(200_000, String(index)));
  const answers = await Promise.all(bodies.map((body) => post(session, body)));
  for (const [index, { body }] of answers.entries()) assert.ok(body.equals(bodies[index]!));
  assert.equal((await buffer(unread)).length, 50_000);
  session.close();
});

test("headers with every character that they may have arrive, Huffman's code or not", async () => {
  const session = await open();
  for (let code = 0x21; code < 0x100; code++) {
    if (code === 0x7f) continue;
    // The many letters with short codes have clients use the code.
    const value = `${String.fromCharCode(code)}${"a".repeat(30)}`;
    const { headers } = await post(session, Buffer.alloc(0), { "x-echo": value });
    assert.equal(headers["x-echo"], value, `character ${code}`);
  }
  session.close();
});

test("headers that need several frames arrive", async () => {
  const session = await open();
  const value = "x%".repeat(3500);
  const many = Object.fromEntries(["a", "b"].map((name) => [`x-${name}`, value]));
  const { headers } = await post(session, Buffer.alloc(0), { ...many, "x-echo": value });
  assert.equal(headers["x-echo"], value);
  session.close();
});

test("headers that are too many break the stream off, and not the connection", async () => {
  const session = await open();
  const stream = session.request({ ":path": "/", "x-long": "%".repeat(LIMITS.headerBytes) });
  await assert.rejects(once(stream, "response"), /ENHANCE_YOUR_CALM/);
  assert.equal((await post(session, Buffer.from("on"))).body.toString(), "on");
  session.close();
});

test("what is broken off is seen by both sides", async () => {
  const session = await open();
  const gone = new Promise<boolean>((resolve) => {
    answer = (_stream, body) => resolve(body === undefined);
  });
  const stream = session.request({ ":method": "POST" });
  stream.on("error", () => {});
  stream.write("some");
  await new Promise((resolve) => setImmediate(resolve));
  stream.destroy(new Error("nobody wants it"));
  assert.equal(await gone, true);

  answer = (served) => {
    served.head(200, []);
    served.write(Buffer.from("a beginning"));
    served.abort(INTERNAL_ERROR);
  };
  const broken = session.request({ ":path": "/" });
  await once(broken, "response");
  await assert.rejects(buffer(broken), /INTERNAL_ERROR/);
  answer = echo;
  session.close();
});

test("an answer before the end of a request ends the request", async () => {
  const session = await open();
  const early = session.request({ ":method": "POST" });
  streams.length = 0;
  early.write("some");
  while (streams.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [stream] = streams;
  const closed = new Promise<void>((resolve) => {
    stream!.onClose = resolve;
  });
  stream!.head(413, []);
  stream!.end(Buffer.from("no more"));
  assert.equal((await buffer(early)).toString(), "no more");
  await closed;
  session.close();
});

test("a writer is told when a slow reader has taken what was written", async () => {
  const session = await open({ settings: { initialWindowSize: 1000 } });
  let isDrained = false;
  answer = async (stream) => {
    stream.head(200, []);
    assert.equal(stream.write(Buffer.alloc(100_000, "x")), false);
    await stream.drained();
    isDrained = true;
    stream.end();
  };
  const stream = session.request({ ":path": "/" });
  await once(stream, "response");
  assert.equal(isDrained, false);
  assert.equal((await buffer(stream)).length, 100_000);
  assert.equal(isDrained, true);
  answer = echo;
  session.close();
});

test("streams over the limit are refused, and may be asked for again", async () => {
  const session = await open();
  answer = () => {};
  const first = Array.from({ length: LIMITS.streams }, () => session.request({ ":path": "/" }));
  for (const each of first) each.on("error", () => {});
  assert.equal(session.remoteSettings.maxConcurrentStreams, LIMITS.streams);
  streams.length = 0;
  const raw = await Raw.open();
  for (let id = 1; id <= 2 * LIMITS.streams + 1; id += 2) raw.request(id);
  raw.send(controlFrame(PING, 0, 0, Buffer.alloc(8)));
  const refused = await raw.next(RST_STREAM);
  assert.equal(refused.streamId, 2 * LIMITS.streams + 1);
  raw.socket.destroy();
  session.destroy();
  answer = echo;
});

/** A client that says what it likes. */
class Raw {
  readonly socket: Socket;
  readonly #frames: Frame[] = [];
  #isOver = false;
  #wake = (): void => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    const reader = new FrameReader("server");
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      reader.push(chunk, (frame) => this.#frames.push(frame));
      this.#wake();
    });
    socket.on("close", () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  static async open(preface: Buffer = Buffer.concat([PREFACE, settingsFrame([])])): Promise<Raw> {
    const socket = connectSocket(port, "127.0.0.1");
    await once(socket, "connect");
    const raw = new Raw(socket);
    raw.send(preface);
    return raw;
  }

  send(...frames: Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  request(id: number, flags = END_STREAM): void {
    this.send(controlFrame(HEADERS, END_HEADERS | flags, id, GET));
  }

  /** The next frame of that type. Those before it are passed over. */
  async next(type: number): Promise<Frame> {
    for (;;) {
      const at = this.#frames.findIndex((frame) => frame.type === type);
      if (at >= 0) return this.#frames.splice(0, at + 1).at(-1)!;
      if (this.#isOver) throw new Error(`the connection ended without a frame of type ${type}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The code that the connection ends with. */
  async end(): Promise<number> {
    const { payload } = await this.next(GOAWAY);
    if (!this.#isOver) await once(this.socket, "close");
    return payload.readUInt32BE(4);
  }
}

/** :method GET, :scheme https, :path / */
const GET = Buffer.from("828784", "hex");
const nothing = Buffer.alloc(0);
const bytes = (length: number): Buffer => Buffer.alloc(length);
const number = (value: number): Buffer => {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(value);
  return four;
};
const repeated = (count: number, frame: Buffer): Buffer[] => Array.from({ length: count }, () => frame);

const ENDED: [what: string, code: number, frames: Buffer[]][] = [
  ["headers on a stream of the server's", PROTOCOL_ERROR, [controlFrame(HEADERS, END_HEADERS, 2, GET)]],
  ["data on a stream that is not there", PROTOCOL_ERROR, [controlFrame(DATA, 0, 1, bytes(1))]],
  ["a reset of a stream that is not there", PROTOCOL_ERROR, [numberFrame(RST_STREAM, 1, 0)]],
  ["a push", PROTOCOL_ERROR, [controlFrame(5, END_HEADERS, 1, bytes(4))]],
  ["a ping of the wrong size", FRAME_SIZE_ERROR, [controlFrame(PING, 0, 0, bytes(7))]],
  ["a ping of a stream", PROTOCOL_ERROR, [controlFrame(PING, 0, 1, bytes(8))]],
  ["settings of the wrong size", FRAME_SIZE_ERROR, [controlFrame(SETTINGS, 0, 0, bytes(5))]],
  ["an acknowledgement with settings", FRAME_SIZE_ERROR, [controlFrame(SETTINGS, ACK, 0, bytes(6))]],
  ["a window that is too wide", FLOW_CONTROL_ERROR, [settingsFrame([[4, 0x8000_0000]])]],
  ["a window that grows too wide", FLOW_CONTROL_ERROR, [numberFrame(WINDOW_UPDATE, 0, 0x7fff_ffff)]],
  ["a window that grows by nothing", PROTOCOL_ERROR, [numberFrame(WINDOW_UPDATE, 0, 0)]],
  ["a frame that is too large", FRAME_SIZE_ERROR, [controlFrame(DATA, 0, 1, bytes(16_385))]],
  [
    "a header block that is broken off",
    PROTOCOL_ERROR,
    [controlFrame(HEADERS, 0, 1, GET), numberFrame(WINDOW_UPDATE, 0, 1)],
  ],
  [
    "a header block that goes on elsewhere",
    PROTOCOL_ERROR,
    [controlFrame(HEADERS, 0, 1, GET), controlFrame(CONTINUATION, 0, 3, nothing)],
  ],
  [
    "a header block without end",
    ENHANCE_YOUR_CALM,
    [controlFrame(HEADERS, 0, 1, GET), ...repeated(100, controlFrame(CONTINUATION, 0, 1, nothing))],
  ],
  [
    "a large header block without end",
    ENHANCE_YOUR_CALM,
    [controlFrame(HEADERS, 0, 1, GET), ...repeated(3, controlFrame(CONTINUATION, 0, 1, bytes(16_000)))],
  ],
  ["more padding than bytes", PROTOCOL_ERROR, [controlFrame(HEADERS, END_HEADERS | 8, 1, Buffer.from([9, 0x82]))]],
  ["a block that cannot be read", 9, [controlFrame(HEADERS, END_HEADERS, 1, Buffer.from([0x80]))]],
  [
    "frames without use",
    ENHANCE_YOUR_CALM,
    [controlFrame(HEADERS, END_HEADERS, 1, GET), ...repeated(20, controlFrame(DATA, 0, 1, nothing))],
  ],
  [
    "streams that are opened and reset",
    ENHANCE_YOUR_CALM,
    Array.from({ length: 20 }, (_, index) => [
      controlFrame(HEADERS, END_HEADERS, 2 * index + 1, GET),
      numberFrame(RST_STREAM, 2 * index + 1, 8),
    ]).flat(),
  ],
  [
    "streams that the server has to reset",
    ENHANCE_YOUR_CALM,
    Array.from({ length: 20 }, (_, index) => [
      controlFrame(HEADERS, END_HEADERS, 2 * index + 1, GET),
      numberFrame(WINDOW_UPDATE, 2 * index + 1, 0),
    ]).flat(),
  ],
];
for (const [what, code, frames] of ENDED) {
  test(`${what}: the connection ends, and says why`, async () => {
    const raw = await Raw.open();
    raw.send(...frames);
    assert.equal(await raw.end(), code);
  });
}

test("what does not begin as HTTP/2 does is ended", async () => {
  const raw = await Raw.open(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  assert.equal(await raw.end(), PROTOCOL_ERROR);
});

const MALFORMED: [what: string, block: string][] = [
  ["no path", "8287"],
  ["no method", "8784"],
  ["no scheme", "8284"],
  ["a name in upper case", "828784 0001 4101 31"],
  ["a header of the connection", "828784 000a 636f6e6e656374696f6e 0131"],
  ["a pseudo-header after others", "8287 0001 6101 31 84"],
  ["a pseudo-header twice", "82828784"],
  ["a line feed in a value", "828784 0001 6103 310a31"],
  ["a length that is none", "828784 0f0d 0161"],
];
for (const [what, block] of MALFORMED) {
  test(`a request with ${what} is reset, and the connection goes on`, async () => {
    const raw = await Raw.open();
    const head = Buffer.from(block.replaceAll(" ", ""), "hex");
    raw.send(controlFrame(HEADERS, END_HEADERS | END_STREAM, 1, head));
    assert.deepEqual((await raw.next(RST_STREAM)).payload, number(PROTOCOL_ERROR));
    raw.request(3);
    assert.equal((await raw.next(HEADERS)).streamId, 3);
    raw.socket.destroy();
  });
}

for (const [what, length] of [
  ["less", 5],
  ["more", 15],
] as const) {
  test(`a body with ${what} than its length says is reset`, async () => {
    const raw = await Raw.open();
    const head = Buffer.concat([GET, Buffer.from("0f0d023130", "hex")]);
    raw.send(controlFrame(HEADERS, END_HEADERS, 1, head), controlFrame(DATA, END_STREAM, 1, bytes(length)));
    assert.deepEqual((await raw.next(RST_STREAM)).payload, number(PROTOCOL_ERROR));
    raw.socket.destroy();
  });
}

test("padding counts for the windows and not for the body", async () => {
  const raw = await Raw.open();
  raw.send(controlFrame(HEADERS, END_HEADERS, 1, GET));
  raw.send(controlFrame(DATA, END_STREAM | 8, 1, Buffer.from([3, 0x68, 0x69, 0, 0, 0])));
  assert.equal((await raw.next(DATA)).payload.toString(), "hi");
  raw.socket.destroy();
});

test("pings are answered, and their answers do not pile up for who does not read them", async () => {
  const raw = await Raw.open();
  raw.send(controlFrame(PING, 0, 0, Buffer.from("12345678")));
  assert.equal((await raw.next(PING)).payload.toString(), "12345678");
  raw.socket.pause();
  const pings = Buffer.concat(repeated(10_000, controlFrame(PING, 0, 0, bytes(8))));
  const closed = new Promise<boolean>((resolve) => raw.socket.on("close", () => resolve(true)));
  let isClosed = false;
  for (let count = 0; count < 2000 && !isClosed; count++) {
    const written = new Promise<boolean>((resolve) => raw.socket.write(pings, () => resolve(false)));
    isClosed = await Promise.race([written, closed]);
  }
  raw.socket.resume();
  assert.equal(await closed, true);
});

test("a stream that its client has reset may still be sent to", async () => {
  const raw = await Raw.open();
  raw.send(controlFrame(HEADERS, END_HEADERS, 1, GET), numberFrame(RST_STREAM, 1, 8));
  raw.send(controlFrame(DATA, END_STREAM, 1, bytes(10)), numberFrame(WINDOW_UPDATE, 1, 10));
  raw.request(3);
  assert.equal((await raw.next(HEADERS)).streamId, 3);
  raw.socket.destroy();
});
