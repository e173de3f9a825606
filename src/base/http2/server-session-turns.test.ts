import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { nextTurn } from "../turn.ts";
import { VirtualClock } from "../virtual-clock.ts";
import {
  controlFrame,
  END_HEADERS,
  END_STREAM,
  HEADERS,
  numberFrame,
  PREFACE,
  RST_STREAM,
  SETTINGS,
} from "./frames.ts";
import { ServerSession } from "./server-session.ts";

const LIMITS = {
  ...{ streams: 200, headerBytes: 4096, headerPairs: 20, unsentBytes: 100_000, idleMs: 60_000 },
  ...{ resetBurst: 10, resetsPerSecond: 1, invalidFrames: 10, rejectedStreams: 10 },
};
/** GET / by http, all of it in HPACK's static table. */
const GET = Buffer.from([0x82, 0x84, 0x86]);

test("what a client asks all at once begins some at a time, in order, and others have turns meanwhile", async () => {
  const begun: number[] = [];
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  new ServerSession(socket, {
    clock: new VirtualClock(),
    limits: LIMITS,
    onStream: ({ id }) => void begun.push(id),
    onError: assert.fail,
  });
  const ids = Array.from({ length: 100 }, (_, index) => index * 2 + 1);
  const asked = ids.map((id) => controlFrame(HEADERS, END_HEADERS | END_STREAM, id, GET));
  const taken = numberFrame(RST_STREAM, ids.at(-1)!, 8);
  socket.push(Buffer.concat([Buffer.from(PREFACE), controlFrame(SETTINGS, 0, 0, Buffer.alloc(0)), ...asked]));
  const perTurn: number[] = [];
  for (let turn = 0, before = 0; turn < 10; turn++) {
    await nextTurn();
    perTurn.push(begun.length - before);
    before = begun.length;
    if (turn === 0) socket.push(taken);
  }
  assert.ok(Math.max(...perTurn) <= 32, `at most 32 a turn: ${perTurn}`);
  // What was taken back before its turn never begins.
  assert.deepEqual(begun, ids.slice(0, -1));
  socket.destroy();
});
