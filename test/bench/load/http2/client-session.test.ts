import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { test } from "node:test";
import {
  ACK,
  CANCEL,
  CONTINUATION,
  controlFrame,
  DATA,
  END_HEADERS,
  END_STREAM,
  FLOW_CONTROL_ERROR,
  type Frame,
  FrameReader,
  GOAWAY,
  goAwayFrame,
  HEADERS,
  NO_ERROR,
  numberFrame,
  PADDED,
  PING,
  PROTOCOL_ERROR,
  PUSH_PROMISE,
  REFUSED_STREAM,
  RST_STREAM,
  SETTINGS,
  SETTINGS_INITIAL_WINDOW_SIZE,
  SETTINGS_MAX_CONCURRENT_STREAMS,
  settingsFrame,
  WINDOW_UPDATE,
} from "../../../../src/base/http2/frames.ts";
import { HeaderEncoder } from "../../../../src/base/http2/header-encoder.ts";
import { nextTurn } from "../../../../src/base/turn.ts";
import { ClientSession } from "./client-session.ts";

const WINDOW = 65_535;
const HEADERS_OF_GET = [":method", "GET", ":scheme", "https", ":authority", "a", ":path", "/", "accept", "text/plain"];

/** A session, and the server's end of its connection in the hands of the test. */
async function open({ settings = [] as [number, number][], windowBytes = WINDOW } = {}) {
  const [ours, theirs] = duplexPair();
  const session = new ClientSession(ours, windowBytes);
  ours.on("data", (chunk: Buffer) => session.receive(chunk));
  const heard: Frame[] = [];
  const reader = new FrameReader();
  theirs.on("data", (chunk: Buffer) =>
    reader.push(chunk, (frame) => heard.push({ ...frame, payload: Buffer.from(frame.payload) })),
  );
  theirs.write(settingsFrame(settings));
  await session.opened;
  await turns();
  const ofType = (type: number): Frame[] => heard.filter((frame) => frame.type === type);
  return { session, theirs, ofType, get: () => session.request({ headers: HEADERS_OF_GET, body: [] }) };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await nextTurn();
}

function post(session: ClientSession, bytes: number) {
  return session.request({
    headers: [":method", "POST", ...HEADERS_OF_GET.slice(2)],
    body: [Buffer.alloc(bytes, "x")],
  });
}

function head(streamId: number, code: number, flags = END_HEADERS): Buffer {
  return controlFrame(HEADERS, flags, streamId, new HeaderEncoder().encode(code, ["content-length", "5"]));
}

function data(streamId: number, bytes: string | number, flags = 0): Buffer {
  return controlFrame(DATA, flags, streamId, typeof bytes === "number" ? Buffer.alloc(bytes) : Buffer.from(bytes));
}

/** What a server might send for three requests, with all that may be in between. */
function answers(): Buffer {
  const encoder = new HeaderEncoder();
  const block = (code: number, date: string): Buffer =>
    Buffer.from(encoder.encode(code, ["server", "x", "date", date]));
  const [first, second, third] = [block(201, "a"), block(404, "a"), block(201, "a")];
  return Buffer.concat([
    controlFrame(HEADERS, END_HEADERS, 1, first),
    controlFrame(HEADERS, 0, 3, second.subarray(0, 1)),
    controlFrame(CONTINUATION, 0, 3, second.subarray(1, 2)),
    controlFrame(CONTINUATION, END_HEADERS, 3, second.subarray(2)),
    data(1, "not kept"),
    controlFrame(PING, 0, 0, Buffer.from("12345678")),
    data(3, "no such "),
    controlFrame(0x20, 0, 0, Buffer.from("a frame of no known type")),
    controlFrame(DATA, PADDED | END_STREAM, 3, Buffer.from("\x02pod\0\0", "latin1")),
    // Trailers: the stream ends with them.
    controlFrame(HEADERS, END_HEADERS | END_STREAM, 1, Buffer.from("0001610162", "hex")),
    // 100, and then the answer.
    controlFrame(HEADERS, END_HEADERS, 5, Buffer.from("0803313030", "hex")),
    controlFrame(HEADERS, END_HEADERS | END_STREAM, 5, third),
  ]);
}

for (const size of [1, 2, 3, 5, 8, 9, 10, 17, 64, 10_000]) {
  test(`answers that come in pieces of ${size} bytes are read, and of the pieces nothing is kept`, async () => {
    const { session, ofType, get } = await open();
    const asked = [get(), get(), get()];
    await turns();
    const bytes = answers();
    for (let at = 0; at < bytes.length; at += size) {
      const piece = Buffer.from(bytes.subarray(at, at + size));
      session.receive(piece);
      piece.fill(0xff);
    }
    assert.deepEqual(await Promise.all(asked), [
      { code: 201, text: "" },
      { code: 404, text: "no such pod" },
      { code: 201, text: "" },
    ]);
    await turns();
    assert.deepEqual(
      ofType(PING).map(({ flags, payload }) => [flags, payload.toString()]),
      [[ACK, "12345678"]],
    );
    session.close();
  });
}

test("answers are read wherever they are cut", async () => {
  const bytes = answers();
  for (let cut = 0; cut <= bytes.length; cut++) {
    const { session, get } = await open();
    const asked = [get(), get(), get()];
    await turns();
    session.receive(bytes.subarray(0, cut));
    session.receive(bytes.subarray(cut));
    assert.deepEqual(
      (await Promise.all(asked)).map(({ code }) => code),
      [201, 404, 201],
      `cut at ${cut}`,
    );
    session.close();
  }
});

test("the server is told what it may send, that nobody wants pushes, and that its settings were read", async () => {
  const { session, ofType } = await open({ windowBytes: 100_000 });
  const [ours, acknowledged] = ofType(SETTINGS);
  assert.equal(ours?.payload.toString("hex"), "0002000000000004000186a0");
  assert.deepEqual([acknowledged?.flags, acknowledged?.payload.length], [ACK, 0]);
  assert.equal(ofType(WINDOW_UPDATE)[0]?.payload.readUInt32BE(), 100_000 - WINDOW);
  session.close();
  await turns();
  assert.equal(ofType(GOAWAY)[0]?.payload.readUInt32BE(4), NO_ERROR);
});

test("all requests of a turn come together, in the order of their numbers, the second one shorter", async () => {
  const { session, theirs, ofType, get } = await open();
  let writes = 0;
  theirs.on("data", () => writes++);
  const asked = [get(), get(), get()];
  await turns();
  assert.equal(writes, 1);
  const blocks = ofType(HEADERS);
  assert.deepEqual(
    blocks.map(({ streamId, flags }) => [streamId, flags]),
    [1, 3, 5].map((id) => [id, END_HEADERS | END_STREAM]),
  );
  // Five fields by their number in the table, but for the path.
  assert.deepEqual(
    blocks.map(({ payload }) => payload.length > 7),
    [true, false, false],
  );
  for (const id of [1, 3, 5]) session.receive(head(id, 200, END_HEADERS | END_STREAM));
  await Promise.all(asked);
  session.close();
});

test("a body goes no further than the windows, and on when they open", async () => {
  const { session, theirs, ofType } = await open({ settings: [[SETTINGS_INITIAL_WINDOW_SIZE, 1000]] });
  const sent = (): number => ofType(DATA).reduce((sum, { payload }) => sum + payload.length, 0);
  const asked = post(session, 100_000);
  await turns();
  assert.equal(sent(), 1000);
  // A window may become smaller than nothing.
  theirs.write(settingsFrame([[SETTINGS_INITIAL_WINDOW_SIZE, 500]]));
  theirs.write(numberFrame(WINDOW_UPDATE, 1, 600));
  await turns();
  assert.equal(sent(), 1100);
  theirs.write(numberFrame(WINDOW_UPDATE, 1, 200_000));
  await turns();
  assert.equal(sent(), WINDOW, "the connection's");
  theirs.write(numberFrame(WINDOW_UPDATE, 0, 200_000));
  await turns();
  assert.equal(sent(), 100_000);
  assert.equal(ofType(DATA).at(-1)?.flags, END_STREAM);
  theirs.write(head(1, 200, END_HEADERS | END_STREAM));
  assert.equal((await asked).code, 200);
  session.close();
});

test("what was read is given back when half of a window is used", async () => {
  const { session, theirs, ofType, get } = await open();
  const asked = get();
  await turns();
  theirs.write(head(1, 200));
  for (let sent = 0; sent < 300_000; sent += 10_000) {
    theirs.write(data(1, 10_000));
    await turns();
  }
  theirs.write(data(1, 0, END_STREAM));
  assert.equal((await asked).code, 200);
  for (const streamId of [0, 1]) {
    const returned = ofType(WINDOW_UPDATE).filter((frame) => frame.streamId === streamId);
    const bytes = returned.reduce((sum, { payload }) => sum + payload.readUInt32BE(), 0);
    assert.ok(bytes > 300_000 - WINDOW && bytes <= 300_000, `stream ${streamId}: ${bytes}`);
    assert.ok(returned.length <= 10, `${returned.length} updates`);
  }
  session.close();
});

test("more requests than the server takes at once wait for each other", async () => {
  const { session, ofType, get } = await open({ settings: [[SETTINGS_MAX_CONCURRENT_STREAMS, 2]] });
  const asked = [get(), get(), get(), get()];
  await turns();
  assert.deepEqual(
    ofType(HEADERS).map(({ streamId }) => streamId),
    [1, 3],
  );
  session.receive(head(3, 200, END_HEADERS | END_STREAM));
  await turns();
  assert.deepEqual(
    ofType(HEADERS).map(({ streamId }) => streamId),
    [1, 3, 5],
  );
  for (const id of [1, 5]) session.receive(head(id, 200, END_HEADERS | END_STREAM));
  await turns();
  session.receive(head(7, 200, END_HEADERS | END_STREAM));
  assert.deepEqual(
    (await Promise.all(asked)).map(({ code }) => code),
    [200, 200, 200, 200],
  );
  session.close();
});

test("an answer that comes before its request has been sent counts, and the rest is not sent", async () => {
  const { session, theirs, ofType, get } = await open();
  const asked = post(session, 200_000);
  await turns();
  theirs.write(head(1, 413));
  theirs.write(data(1, "too large", END_STREAM));
  assert.deepEqual(await asked, { code: 413, text: "too large" });
  await turns();
  assert.deepEqual(
    ofType(RST_STREAM).map(({ streamId, payload }) => [streamId, payload.readUInt32BE()]),
    [[1, CANCEL]],
  );
  // The server's own reset crosses ours.
  theirs.write(numberFrame(RST_STREAM, 1, NO_ERROR));
  theirs.write(numberFrame(WINDOW_UPDATE, 0, 1_000_000));
  const next = get();
  await turns();
  theirs.write(head(3, 200, END_HEADERS | END_STREAM));
  assert.equal((await next).code, 200);
  assert.equal(
    ofType(DATA).reduce((sum, { payload }) => sum + payload.length, 0),
    WINDOW,
  );
  session.close();
});

test("a stream that the server breaks off is told, and the others go on", async () => {
  const { session, get } = await open();
  const [broken, whole] = [get(), get()];
  await turns();
  session.receive(numberFrame(RST_STREAM, 1, REFUSED_STREAM));
  session.receive(head(3, 200, END_HEADERS | END_STREAM));
  await assert.rejects(broken, /broke the stream off \(RST_STREAM, REFUSED_STREAM\)/);
  assert.equal((await whole).code, 200);
  session.close();
});

const ENDS: readonly [what: string, bytes: Buffer, message: RegExp, code: number][] = [
  [
    "a farewell",
    goAwayFrame(1, NO_ERROR, "restarting"),
    /ended the connection \(GOAWAY, NO_ERROR\): restarting/,
    NO_ERROR,
  ],
  ["a farewell for a reason", goAwayFrame(0, 11), /GOAWAY, ENHANCE_YOUR_CALM\)$/, NO_ERROR],
  ["a frame that is too long", Buffer.from("0040010000000000010000", "hex"), /a frame of 16385 bytes/, 6],
  ["a push", controlFrame(PUSH_PROMISE, END_HEADERS, 1, Buffer.alloc(5)), /pushes/, PROTOCOL_ERROR],
  ["data before their head", data(1, "x"), /before their answer's head/, PROTOCOL_ERROR],
  ["an end without a status", controlFrame(HEADERS, 5, 1, Buffer.alloc(0)), /without a status/, PROTOCOL_ERROR],
  ["a stream that is not there", head(9, 200), /stream 9 is not there/, PROTOCOL_ERROR],
  ["an index of nothing", controlFrame(HEADERS, END_HEADERS, 1, Buffer.from([0xff, 0x20])), /at index/, 9],
  ["another frame in a block", Buffer.concat([head(1, 200, 0), data(1, "x")]), /broken off/, PROTOCOL_ERROR],
  ["a window too wide", numberFrame(WINDOW_UPDATE, 0, 0x7fff_ffff), /too wide/, FLOW_CONTROL_ERROR],
];

for (const [what, bytes, message, code] of ENDS) {
  test(`${what} ends the connection, and all who wait are told`, async () => {
    const { session, ofType, get } = await open();
    const asked = [get(), get()];
    await turns();
    session.receive(bytes);
    for (const each of [...asked, get()]) await assert.rejects(each, message);
    await turns();
    assert.equal(ofType(GOAWAY)[0]?.payload.readUInt32BE(4), code);
  });
}

test("a connection that is closed early is told to all who wait", async () => {
  for (const how of ["end", "destroy"] as const) {
    const { theirs, get } = await open();
    const asked = get();
    await turns();
    theirs[how]();
    await assert.rejects(asked, /closed/);
    await assert.rejects(get(), /closed/);
  }
});

test("who does not begin with settings is no server of HTTP/2", async () => {
  const [ours] = duplexPair();
  const session = new ClientSession(ours, WINDOW);
  session.receive(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await assert.rejects(session.opened, /does not keep to HTTP\/2/);
});
