import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "../../base/log.ts";
import { type Random, seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { Store } from "../store.ts";
import { openEmbeddedStore } from "./embedded-store.ts";

/** A month, of which an hour of each day is played: what lies between is forgotten by then anyway. */
const DAYS = 30;
const DAY_MS = 24 * 60 * 60_000;
const OBJECTS = 2000;
const NODES = 50;
const LEASE_RENEWALS = 6;
const EVENTS = 200;
const EVENT_SECONDS = 3600;
/** Sizes differ, so that room is given back in pieces that fit nothing. */
const SMALLEST_BYTES = 300;
const SPREAD_BYTES = 7000;

test("a month of churn ends within twice the live bytes on the disk, log included", { timeout: 120_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-churn-"));
  const clock = new VirtualClock();
  const random = seededRandom(7);
  const store = await openEmbeddedStore({ directory, clock, log: silentLogger });
  try {
    await Promise.all(Array.from({ length: OBJECTS }, (_, index) => store.create(`/pods/${index}`, someValue(random))));
    for (let day = 0; day < DAYS; day++) {
      await playHour(store, random, day);
      await clock.advance(DAY_MS);
    }
    // Expiries are written by a thread, which no virtual clock waits for; a write of ours comes after them.
    const { revision } = await store.create("/~barrier", Buffer.from("x"));
    await store.delete("/~barrier", revision);
    await clock.advance(DAY_MS);
    const { items } = await store.list({ prefix: "/" });
    const live = items.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
    assert.ok(items.length === OBJECTS + NODES, `${items.length} objects`);
    // Nobody asks for it; this only waits for what is under way.
    await store.compact(store.compactedRevision());
    const ratio = diskBytes(directory) / live;
    assert.ok(ratio <= 2, `the disk holds ${ratio.toFixed(2)} times the live bytes`);
    assert.equal(store.compactedRevision(), store.revision(), "at rest there is no history");
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
});

async function playHour(store: Store, random: Random, hour: number): Promise<void> {
  const writes: Promise<unknown>[] = [];
  for (let index = 0; index < OBJECTS; index++) {
    const chance = random.fraction();
    if (chance < 0.4) writes.push(put(store, `/pods/${index}`, someValue(random)));
    else if (chance < 0.5) writes.push(replace(store, `/pods/${index}`, someValue(random)));
  }
  for (let event = 0; event < EVENTS; event++) {
    writes.push(store.create(`/events/${hour}-${event}`, someValue(random), { timeToLiveSeconds: EVENT_SECONDS }));
  }
  for (let renewal = 0; renewal < LEASE_RENEWALS; renewal++) {
    for (let node = 0; node < NODES; node++)
      writes.push(put(store, `/leases/${node}`, Buffer.alloc(400, `${renewal}`)));
    await Promise.all(writes.splice(0));
  }
}

async function put(store: Store, key: string, value: Buffer): Promise<void> {
  const current = await store.get(key);
  await (current === undefined ? store.create(key, value) : store.update(key, value, current.revision));
}

async function replace(store: Store, key: string, value: Buffer): Promise<void> {
  const current = await store.get(key);
  if (current !== undefined) await store.delete(key, current.revision);
  await store.create(key, value);
}

function someValue(random: Random): Buffer {
  return Buffer.alloc(SMALLEST_BYTES + Math.floor(random.fraction() ** 2 * SPREAD_BYTES), random.suffix(8));
}

function diskBytes(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}
