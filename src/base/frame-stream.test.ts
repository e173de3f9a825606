import assert from "node:assert/strict";
import { type Duplex, duplexPair } from "node:stream";
import { test } from "node:test";
import { type FrameStream, openFrameStream } from "./frame-stream.ts";

interface End {
  readonly frames: FrameStream;
  readonly got: string[];
  /** Resolves when so many frames have come. */
  has(count: number): Promise<void>;
  readonly over: Promise<void>;
}

function open(stream: Duplex): End {
  const got: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const over = Promise.withResolvers<void>();
  const frames = openFrameStream(stream, {
    handle(kind, number, payload) {
      got.push(`${kind} ${number} ${payload.length < 100 ? payload.toString() : payload.length}`);
      for (const { count, resolve } of waiting) if (got.length >= count) resolve();
    },
    over: over.resolve,
  });
  const has = (count: number): Promise<void> =>
    got.length >= count ? Promise.resolve() : new Promise((resolve) => void waiting.push({ count, resolve }));
  return { frames, got, has, over: over.promise };
}

function pair(): { near: End; far: End; writes: () => number } {
  const [one, other] = duplexPair();
  let writes = 0;
  const write = one.write.bind(one);
  one.write = ((...of: Parameters<typeof write>) => {
    writes++;
    return write(...of);
  }) as typeof one.write;
  return { near: open(one), far: open(other), writes: () => writes };
}

const MEGABYTE = Buffer.alloc(1024 * 1024);

test("frames of a turn go together, and arrive as they were sent", async () => {
  const { near, far, writes } = pair();
  near.frames.send(1, 2, "");
  near.frames.send(255, 0xffffffff, "ä€\u{1f600}");
  near.frames.send(3, 0, Buffer.from("bytes"));
  await far.has(3);
  assert.deepEqual(far.got, ["1 2 ", "255 4294967295 ä€\u{1f600}", "3 0 bytes"]);
  assert.equal(writes(), 1);
  near.frames.close();
});

async function bytesOf(lengths: readonly number[]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const [one, other] = duplexPair();
  other.on("data", (bytes: Buffer) => void pieces.push(Buffer.from(bytes)));
  other.on("end", () => other.end());
  const { frames, over } = open(one);
  for (const [number, length] of lengths.entries()) frames.send(1, number, MEGABYTE.subarray(0, length));
  frames.close();
  await over;
  return Buffer.concat(pieces);
}

for (const { lengths, cuts } of [
  { lengths: [0, 1, 5, 30, 0, 3], cuts: [1, 2, 7, 8, 9, 10, 11, 1000] },
  { lengths: [5, 128 * 1024 - 9, 128 * 1024, 0, 1024 * 1024, 90_000, 90_000, 3], cuts: [4096, 65_536, 10_000_000] },
]) {
  test(`frames of ${lengths.join(", ")} bytes arrive in their order, however their bytes are cut`, async () => {
    const bytes = await bytesOf(lengths);
    for (const cut of cuts) {
      const [writer, reader] = duplexPair();
      const { frames, got, has } = open(reader);
      for (let at = 0; at < bytes.length; at += cut) writer.write(bytes.subarray(at, at + cut));
      await has(lengths.length);
      assert.deepEqual(
        got.map((told) => told.split(" ", 2).join(" ")),
        lengths.map((_length, number) => `1 ${number}`),
      );
      frames.close();
    }
  });
}

test("what somebody waits for goes before what is queued", async () => {
  const [one, other] = duplexPair();
  const { frames } = open(one);
  for (let number = 0; number < 100; number++) frames.queue(1, number, MEGABYTE.subarray(0, 20_000));
  await new Promise(setImmediate);
  frames.send(2, 7, "answer");
  const far = open(other);
  await far.has(101);
  const place = far.got.indexOf("2 7 answer");
  assert.ok(place > 0 && place < 20, `it came as number ${place}`);
  assert.deepEqual(
    far.got.filter((told) => told.startsWith("1 ")),
    Array.from({ length: 100 }, (_each, number) => `1 ${number} 20000`),
  );
  frames.close();
});

test("both sides hear of the end, and what was sent before it arrives", async () => {
  const { near, far } = pair();
  near.frames.queue(1, 2, "last");
  near.frames.send(1, 1, "first");
  near.frames.close();
  await Promise.all([near.over, far.over]);
  assert.deepEqual(far.got, ["1 1 first", "1 2 last"]);
  far.frames.send(1, 1, "nobody");
  assert.equal(far.frames.room(), undefined);
});

test("who sends more than the other side takes in waits", async () => {
  const [one, other] = duplexPair();
  const near = open(one);
  for (let count = 0; count < 17; count++) near.frames.send(1, count, MEGABYTE);
  const room = near.frames.room();
  assert.ok(room !== undefined);
  // Only now does anybody listen at the other end.
  const far = open(other);
  await room;
  await far.has(17);
  assert.equal(near.frames.room(), undefined);
  near.frames.close();
});

test("frames that wait for the other side take no more than their own bytes", async () => {
  const [one, other] = duplexPair();
  const memory = new Set<ArrayBufferLike>();
  const write = one.write.bind(one);
  one.write = ((bytes: Buffer, ...rest: []) => {
    memory.add(bytes.buffer);
    return write(bytes, ...rest);
  }) as typeof one.write;
  const near = open(one);
  for (let turn = 0; turn < 200; turn++) {
    near.frames.send(1, turn, MEGABYTE.subarray(0, 1000));
    await new Promise(setImmediate);
  }
  const taken = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(taken < 512 * 1024, `${taken} bytes`);
  const far = open(other);
  await far.has(200);
  assert.equal(far.got.at(-1), "1 199 1000");
  near.frames.close();
});

test("who waits for room when the stream is closed waits no longer", async () => {
  const [one] = duplexPair();
  const near = open(one);
  near.frames.send(1, 1, Buffer.alloc(20 * 1024 * 1024));
  const room = near.frames.room();
  near.frames.close();
  await room;
});

test("the end of the other process is the end of the stream", async () => {
  const [one, other] = duplexPair();
  const near = open(one);
  other.on("error", () => {});
  one.destroy(new Error("ECONNRESET"));
  await near.over;
  assert.equal(near.frames.room(), undefined);
});

test("a long answer is written as the other side takes it, not at once", async () => {
  const [one, other] = duplexPair();
  const near = open(one);
  for (let count = 0; count < 1000; count++) near.frames.send(1, count, MEGABYTE.subarray(0, 50_000));
  await new Promise(setImmediate);
  assert.ok(one.writableLength <= 256 * 1024, `${one.writableLength} bytes in the stream`);
  const far = open(other);
  let most = 0;
  one.on("drain", () => {
    most = Math.max(most, one.writableLength);
  });
  await far.has(1000);
  assert.ok(most <= 256 * 1024, `${most} bytes in the stream`);
  assert.equal(far.got.at(-1), "1 999 50000");
  near.frames.close();
});
