import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { nextTurn } from "../turn.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { controlFrame, END_HEADERS, END_STREAM, FrameReader, GOAWAY, HEADERS, PREFACE, SETTINGS } from "./frames.ts";
import { ServerSession } from "./server-session.ts";

const LIMITS = {
  ...{ streams: 200, headerBytes: 4096, headerPairs: 20, unsentBytes: 100_000, idleMs: 60_000 },
  ...{ resetBurst: 10, resetsPerSecond: 1, invalidFrames: 10, rejectedStreams: 10 },
};
/** GET / by http, all of it in HPACK's static table. */
const GET = Buffer.from([0x82, 0x84, 0x86]);

test("a client that is asked to leave may open streams for a second, and is told then which were the last", async () => {
  const clock = new VirtualClock();
  const begun: number[] = [];
  /** The last stream and the code, of each word of farewell. */
  const told: [number, number][] = [];
  const reader = new FrameReader("server");
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      reader.push(chunk, ({ type, payload }) => {
        if (type === GOAWAY) told.push([payload.readUInt32BE(0), payload.readUInt32BE(4)]);
      });
      done();
    },
  });
  const session = new ServerSession(socket, {
    ...{ clock, limits: LIMITS, onError: assert.fail },
    onStream: ({ id }) => void begun.push(id),
  });
  const ask = async (id: number): Promise<void> => {
    socket.push(controlFrame(HEADERS, END_HEADERS | END_STREAM, id, GET));
    await nextTurn();
    await nextTurn();
  };
  socket.push(Buffer.concat([Buffer.from(PREFACE), controlFrame(SETTINGS, 0, 0, Buffer.alloc(0))]));
  await ask(1);
  session.askToLeave();
  session.askToLeave();
  await ask(3);
  assert.deepEqual([begun, told], [[1, 3], [[2 ** 31 - 1, 0]]]);
  await clock.advance(1000);
  await ask(5);
  assert.deepEqual(begun, [1, 3], "it has been told, and asks somebody else again");
  assert.deepEqual(told.slice(1), [[3, 0]]);
  socket.destroy();
});
