import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fullCollections } from "./collect-by-share.ts";
import { heedExternalMemory, processMemory } from "./process-memory.ts";

test("V8 collects when it is told to, and by itself no longer when little has come outside of its heap", async (context) => {
  const memory = processMemory();
  let collected = 0;
  const collections = fullCollections();
  collections.onCollected(() => void collected++);
  context.after(() => collections.stop());
  context.after(() => heedExternalMemory(true));
  heedExternalMemory(false);
  const before = memory.externalBytes();
  const kept = Array.from({ length: 100 }, () => Buffer.alloc(1024 * 1024));
  assert.ok(memory.externalBytes() > before + 90 * 1024 * 1024);
  await setTimeout(500);
  assert.equal(collected, 0);
  memory.beginCollection();
  for (let look = 0; look < 500 && collected === 0; look++) await setTimeout(20);
  assert.equal(collected, 1);
  assert.equal(kept.length, 100);
});
