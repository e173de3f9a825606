import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { nextTurn } from "../turn.ts";
import { ServerStream, type StreamConnection } from "./server-stream.ts";
import { SessionOutput } from "./session-output.ts";

const TURNS = 5;

/** A socket that takes what it is given when it is told to. */
function slowSocket() {
  const taken: (() => void)[] = [];
  let bytes = 0;
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      taken.push(done);
    },
  });
  return { socket, taken, bytes: () => bytes };
}

async function someTurns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await nextTurn();
}

test("a socket that has not taken the last block is not given another one", async () => {
  const { socket, taken, bytes } = slowSocket();
  const output = new SessionOutput(socket);
  output.widen(1024 * 1024);
  const connection: StreamConnection = {
    ready: (stream, more) => output.ready(stream, more),
    credit() {},
    reset() {},
    closed() {},
  };
  const request = {} as ServerStream["request"];
  const stream = new ServerStream({ id: 1, request, connection, window: 1024 * 1024, credit: 0 });
  stream.head(200, []);
  stream.write(Buffer.alloc(80 * 1024));
  await someTurns();
  assert.equal(taken.length, 1);
  assert.equal(socket.writableLength, bytes(), "nothing waits behind it");
  for (let block = 1; block < 3; block++) {
    taken.at(-1)!();
    await someTurns();
    assert.equal(taken.length, block + 1);
  }
  taken.at(-1)!();
  await someTurns();
  assert.equal(stream.output.bytes, 0);
  assert.ok(bytes() > 80 * 1024);
});
