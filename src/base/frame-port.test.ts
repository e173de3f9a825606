import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { type FramePort, openFramePort } from "./frame-port.ts";

interface End {
  readonly frames: FramePort;
  readonly got: string[];
  /** Resolves when so many frames have come. */
  has(count: number): Promise<void>;
  readonly over: Promise<void>;
}

function open(port: MessagePort): End {
  const got: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const over = Promise.withResolvers<void>();
  const frames = openFramePort(port, {
    handle(kind, number, payload) {
      got.push(`${kind} ${number} ${payload.toString()}`);
      for (const { count, resolve } of waiting) if (got.length >= count) resolve();
    },
    over: over.resolve,
  });
  const has = (count: number): Promise<void> =>
    got.length >= count ? Promise.resolve() : new Promise((resolve) => void waiting.push({ count, resolve }));
  return { frames, got, has, over: over.promise };
}

function pair(): { near: End; far: End; posts: () => number } {
  const { port1, port2 } = new MessageChannel();
  let posts = 0;
  const post = port1.postMessage.bind(port1);
  port1.postMessage = (...of: Parameters<typeof post>) => {
    posts++;
    post(...of);
  };
  return { near: open(port1), far: open(port2), posts: () => posts };
}

test("frames of a turn go together, and arrive as they were sent", async () => {
  const { near, far, posts } = pair();
  near.frames.send(1, 2, "");
  near.frames.send(255, 0xffffffff, "ä€\u{1f600}");
  near.frames.send(3, 0, Buffer.from("bytes"));
  await far.has(3);
  assert.deepEqual(far.got, ["1 2 ", "255 4294967295 ä€\u{1f600}", "3 0 bytes"]);
  assert.equal(posts(), 1);
  near.frames.close();
});

test("both sides hear of the end, and what was sent before it arrives", async () => {
  const { near, far } = pair();
  near.frames.send(1, 1, "last");
  near.frames.close();
  await Promise.all([near.over, far.over]);
  assert.deepEqual(far.got, ["1 1 last"]);
  far.frames.send(1, 1, "nobody");
  assert.equal(far.frames.room(), undefined);
});

test("who sends more than the other side takes in waits", async () => {
  const { port1, port2 } = new MessageChannel();
  const near = open(port1);
  const megabyte = Buffer.alloc(1024 * 1024);
  for (let count = 0; count < 16; count++) near.frames.send(1, count, megabyte);
  const room = near.frames.room();
  assert.ok(room !== undefined);
  // Only now does anybody listen at the other end.
  const far = open(port2);
  await room;
  await far.has(16);
  assert.equal(near.frames.room(), undefined);
  near.frames.close();
});

test("who waits for room when the port is closed waits no longer", async () => {
  const { port1 } = new MessageChannel();
  const near = open(port1);
  near.frames.send(1, 1, Buffer.alloc(20 * 1024 * 1024));
  const room = near.frames.room();
  near.frames.close();
  await room;
});
