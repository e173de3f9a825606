import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import fc from "fast-check";
import { nextTurn } from "../turn.ts";
import { VirtualClock } from "../virtual-clock.ts";
import {
  controlFrame,
  END_HEADERS,
  END_STREAM,
  FrameReader,
  GOAWAY,
  HEADERS,
  INTERNAL_ERROR,
  PREFACE,
  RST_STREAM,
} from "./frames.ts";
import { ServerSession } from "./server-session.ts";

/** :method GET, :scheme https, :path / */
const GET = Buffer.from("828784", "hex");
const RUNS = Number(process.env.HTTP2_RUNS ?? 500);

const block = fc.oneof(fc.constant(GET), fc.uint8Array({ maxLength: 40 }));
const frame = fc.record({
  // All types that there are, and one that there is not.
  type: fc.oneof(fc.nat(10), fc.constant(HEADERS)),
  flags: fc.oneof(fc.nat(255), fc.constantFrom(0, END_STREAM, END_HEADERS, END_HEADERS | END_STREAM)),
  streamId: fc.oneof(fc.nat(12), fc.integer({ min: 0, max: 0x7fff_ffff })),
  payload: fc.oneof(
    block,
    fc.constantFrom(4, 5, 6, 8).chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
  ),
});

/** A server's end of a connection, what it sends, and what became of its streams. */
function open() {
  const sent: Buffer[] = [];
  const errors: Error[] = [];
  const wire = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      sent.push(Buffer.from(chunk));
      done();
    },
  });
  let underWay = 0;
  new ServerSession(wire, {
    clock: new VirtualClock(),
    limits: {
      ...{ streams: 5, headerBytes: 4096, headerPairs: 20, unsentBytes: 64 * 1024, idleMs: 60_000 },
      ...{ resetBurst: 50, resetsPerSecond: 1, invalidFrames: 50, rejectedStreams: 50 },
    },
    onError: (error) => void errors.push(error),
    onStream(stream) {
      underWay++;
      stream.onClose = () => void underWay--;
      const answer = (): void => {
        stream.head(200, ["content-type", "text/plain"]);
        stream.end(Buffer.from("hello"));
      };
      stream.read({ chunk: () => {}, end: answer, brokenOff: () => {} });
    },
  });
  return { wire, errors, sent: () => Buffer.concat(sent), underWay: () => underWay };
}

test("whatever a client sends: it is told why, or goes on, and nothing is left open", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 30 }), fc.nat(64), async (frames, cutAt) => {
      const { wire, errors, sent, underWay } = open();
      const parts = frames.map(({ type, flags, streamId, payload }) =>
        controlFrame(type, flags, streamId, Buffer.from(payload)),
      );
      const bytes = Buffer.concat([PREFACE, ...parts]);
      // In two pieces, and one request at last that a connection in order answers.
      wire.push(bytes.subarray(0, cutAt));
      wire.push(bytes.subarray(cutAt));
      const last = 0x7fff_ffff;
      wire.push(controlFrame(HEADERS, END_HEADERS | END_STREAM, last, GET));
      for (let turn = 0; turn < 4; turn++) await nextTurn();
      const answers: { type: number; streamId: number; payload: Buffer }[] = [];
      const reader = new FrameReader("server");
      reader.push(sent(), (answer) => answers.push({ ...answer, payload: Buffer.from(answer.payload) }));
      const ended = answers.find(({ type }) => type === GOAWAY);
      if (ended !== undefined) {
        assert.equal(errors.length, 1);
        assert.notEqual(ended.payload.readUInt32BE(4), INTERNAL_ERROR, errors[0]?.stack);
        assert.equal(underWay(), 0);
      } else {
        assert.deepEqual(errors, []);
        const isBusy = frames.some(({ streamId }) => streamId === last);
        const heard = answers.some(
          ({ type, streamId }) => streamId === last && (type === HEADERS || type === RST_STREAM),
        );
        assert.ok(isBusy || heard, "the last request is answered");
      }
      wire.destroy();
      await nextTurn();
      await nextTurn();
      assert.equal(underWay(), 0);
    }),
    { numRuns: RUNS },
  );
});

test("frames of types that nobody knows are let pass, however many", async () => {
  const { wire, errors, sent } = open();
  wire.push(PREFACE);
  for (let count = 0; count < 500; count++) wire.push(controlFrame(16, 0, 0, Buffer.from("1234u=1")));
  wire.push(controlFrame(HEADERS, END_HEADERS | END_STREAM, 1, GET));
  for (let turn = 0; turn < 4; turn++) await nextTurn();
  assert.deepEqual(errors, []);
  assert.match(sent().toString("latin1"), /hello/);
  wire.destroy();
});
