import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiObject } from "../../api/meta.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { WrittenObjects } from "./written.ts";

const slice = (resourceVersion: string, more: object = {}): ApiObject => ({
  metadata: { name: "web-a", resourceVersion, ...more },
});

test("a cache is behind until it shows what was written, and what was removed as gone", () => {
  const written = new WrittenObjects();
  const isBehind = (seen: ApiObject | undefined): boolean => written.isBehind("web", () => seen);
  written.noteWrite("web", slice("9"));
  assert.equal(isBehind(undefined), true);
  assert.equal(isBehind(slice("8")), true);
  assert.equal(isBehind(slice("10")), false);
  written.noteRemoval("web", "web-a");
  assert.equal(isBehind(slice("10")), true);
  assert.equal(isBehind(slice("11", { deletionTimestamp: "2026-01-01T00:00:00Z" })), false);
  assert.equal(isBehind(undefined), false);
  written.noteRemoval("web", "web-a");
  written.noteGone("web", "web-a");
  assert.equal(isBehind(slice("12")), false);
});

test("a write that never shows is waited for no longer than five seconds", async () => {
  const clock = new VirtualClock();
  const written = new WrittenObjects();
  written.noteWrite("web", slice("9"));
  const mustWait = (): boolean => written.mustWait("web", () => undefined, clock);
  assert.equal(mustWait(), true);
  assert.equal(written.isAwaited("web"), true);
  await clock.advance(4_999);
  assert.equal(mustWait(), true);
  await clock.advance(1);
  assert.equal(mustWait(), false);
  assert.equal(written.isAwaited("web"), false);
});
