import assert from "node:assert/strict";
import { test } from "node:test";
import { errorMessage } from "../../base/assert.ts";
import { silentLogger } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { ImageService } from "../cri/runtime.ts";
import type { Image } from "../cri/state.ts";
import { createImageCollector } from "./image-collector.ts";
import { bytesToFree, type ImageRecord, removableImages, updatedRecords } from "./image-garbage.ts";

const image = (id: string, change: Partial<Image> = {}): Image => ({
  id,
  repoTags: [`${id}:1`],
  repoDigests: [],
  sizeBytes: 10,
  username: "",
  pinned: false,
  ...change,
});

test("a disk is emptied to four fifths when it is more than 85% full", () => {
  const cases: readonly (readonly [number, number])[] = [
    [16, 0],
    [15, 5],
    [0, 20],
  ];
  for (const [availableBytes, wanted] of cases) assert.equal(bytesToFree({ totalBytes: 100, availableBytes }), wanted);
});

test("images go that nobody uses and that have been here for two minutes, the least used first", () => {
  const record = (id: string, firstSeenMs: number, lastUsedMs: number, change: Partial<Image> = {}): ImageRecord => ({
    image: image(id, change),
    firstSeenMs,
    lastUsedMs,
  });
  const never = Number.NEGATIVE_INFINITY;
  const nowMs = 1_000_000;
  const records = [
    record("used-now", never, nowMs),
    record("new", nowMs - 119_999, never),
    record("pinned", never, never, { pinned: true }),
    record("used-lately", never, nowMs - 1),
    record("used-long-ago", never, 5),
    record("never-used", nowMs - 120_000, never),
    record("there-before", never, never),
  ];
  const names = removableImages(records, nowMs).map(({ id }) => id);
  assert.deepEqual(names, ["there-before", "never-used", "used-long-ago", "used-lately"]);
});

test("what was there before the kubelet counts as old, and what is gone is forgotten", () => {
  const first = updatedRecords(new Map(), [image("a"), image("b")], {
    isUsed: ({ id }) => id === "b",
    nowMs: 7,
    isFirst: true,
  });
  assert.deepEqual([first.get("a")?.firstSeenMs, first.get("b")?.lastUsedMs], [Number.NEGATIVE_INFINITY, 7]);
  const second = updatedRecords(first, [image("b"), image("c")], { isUsed: () => false, nowMs: 9, isFirst: false });
  assert.deepEqual([...second.keys()], ["b", "c"]);
  assert.deepEqual([second.get("b")?.lastUsedMs, second.get("c")?.firstSeenMs], [7, 9]);
});

function setUp(options: { available: number; broken?: string }) {
  const clock = new VirtualClock();
  const present = new Map(["a", "b", "c"].map((id) => [id, image(id)]));
  const told: string[] = [];
  const images = {
    listImages: async () => [...present.values()],
    removeImage: async (id: string) => {
      if (id === options.broken) throw new Error(`${id} is stuck`);
      present.delete(id);
    },
  } as unknown as ImageService;
  const disk = { device: "d", totalBytes: 100, availableBytes: options.available, inodes: 0, inodesFree: 0 };
  const collector = createImageCollector({
    images,
    clock,
    log: silentLogger,
    inUse: async () => new Set(["c:1"]),
    filesystem: async () => disk,
    tell: (events) => void told.push(...events.map(({ reason, message }) => `${reason}: ${message}`)),
  });
  return { clock, collector, present, told };
}

test("as many go as are wanted, and none that is used", async () => {
  const { collector, present } = setUp({ available: 50 });
  assert.equal(await collector.free(10), 10);
  assert.equal(present.size, 2);
  assert.equal(await collector.free(Number.POSITIVE_INFINITY), 10);
  assert.deepEqual([...present.keys()], ["c"]);
});

test("one that cannot be removed keeps no other from going", async () => {
  const { collector, present } = setUp({ available: 50, broken: "a" });
  const message = await collector.free(20).catch(errorMessage);
  assert.equal(message, "wanted to free 20 bytes, but freed 10 bytes space with errors in image deletion: a is stuck");
  assert.deepEqual([...present.keys()], ["a", "c"]);
});

test("a disk that stays full is told of, the second time as a failure", async () => {
  const { clock, collector, present, told } = setUp({ available: 1 });
  const ended = new AbortController();
  const running = collector.run(ended.signal);
  await clock.advance(30_000);
  const full = "Insufficient free disk space on the node's image filesystem (99% of 0.0 GiB used). ";
  assert.deepEqual([...present.keys()], ["c"]);
  assert.equal(told.length, 0);
  await clock.advance(300_000);
  assert.equal(told.length, 1);
  assert.ok(told[0]?.startsWith(`FreeDiskSpaceFailed: ${full}`));
  await clock.advance(300_000);
  assert.ok(told[2]?.startsWith(`ImageGCFailed: ${full}`));
  ended.abort();
  await clock.advance(0);
  await running;
});
