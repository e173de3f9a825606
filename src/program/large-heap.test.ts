import assert from "node:assert/strict";
import { test } from "node:test";
import { letLargeHeapGrow } from "./large-heap.ts";

const MIB = 1024 * 1024;

test("a heap that is large after a collection may grow by a quarter, until it is small again", async () => {
  let used = 20 * MIB;
  let collected = (): void => {};
  let hasStopped = false;
  const said: number[] = [];
  const collections = {
    onCollected(callback: () => void) {
      collected = callback;
    },
    stop() {
      hasStopped = true;
    },
  };
  const growing = letLargeHeapGrow({ usedBytes: () => used }, collections, (percent) => void said.push(percent));
  for (const megabytes of [200, 300, 400, 100, 90, 270]) {
    used = megabytes * MIB;
    collected();
  }
  assert.deepEqual(said, [25, 0, 25]);
  await growing.stop();
  assert.ok(hasStopped);
});
