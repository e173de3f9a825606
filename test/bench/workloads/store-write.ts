import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLogger } from "../../../src/base/log.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/embedded-store.ts";
import type { Store } from "../../../src/store/store.ts";
import type { Workload } from "../workload.ts";

const VALUE = Buffer.alloc(2048, "v");
const SECONDS = 3;

export const storeOneWriter: Workload = {
  name: "store-one-writer",
  description: "durable creates of 2 KB, one after the other, against appending 2 KB and fdatasync",
  goals: [{ metric: "ratio_to_raw", atLeast: 0.5 }],
  async measure(directory) {
    // Alternating, because a disk's rate moves while it is measured.
    const raw: number[] = [];
    const written: number[] = [];
    for (let round = 0; round < SECONDS; round++) {
      raw.push(rawRate(join(directory, `raw-${round}`)));
      written.push(await createRate(join(directory, `store-${round}`), 1));
    }
    const [rawPerSecond, createsPerSecond] = [mean(raw), mean(written)];
    return {
      raw_per_second: rawPerSecond,
      creates_per_second: createsPerSecond,
      ratio_to_raw: createsPerSecond / rawPerSecond,
    };
  },
};

export const storeManyWriters: Workload = {
  name: "store-64-writers",
  description: "durable creates of 2 KB by 64 writers, which share commits",
  goals: [{ metric: "creates_per_second", atLeast: 10_000 }],
  async measure(directory) {
    const rates: number[] = [];
    const before = performance.eventLoopUtilization();
    for (let round = 0; round < SECONDS; round++) {
      rates.push(await createRate(join(directory, `store-${round}`), 64));
    }
    return {
      creates_per_second: mean(rates),
      main_thread_busy_ratio: performance.eventLoopUtilization(before).utilization,
    };
  },
};

/** Creates a second by so many writers, over one second. */
async function createRate(directory: string, writers: number): Promise<number> {
  const store = await openEmbeddedStore({ directory, clock: systemClock, log: silentLogger });
  try {
    await createFor(store, writers, 200);
    const start = systemClock.monotonic();
    const count = await createFor(store, writers, 1000);
    return (count * 1000) / (systemClock.monotonic() - start);
  } finally {
    await store.close();
  }
}

async function createFor(store: Store, writers: number, durationMs: number): Promise<number> {
  const untilMs = systemClock.monotonic() + durationMs;
  let count = 0;
  const write = async (writer: number): Promise<void> => {
    while (systemClock.monotonic() < untilMs) {
      await store.create(`/registry/pods/default/${writer}-${durationMs}-${count++}`, VALUE);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  return count;
}

function rawRate(path: string): number {
  const file = openSync(path, "w");
  try {
    const start = systemClock.monotonic();
    let count = 0;
    for (; systemClock.monotonic() - start < 1000; count++) {
      writeSync(file, VALUE);
      fdatasyncSync(file);
    }
    return (count * 1000) / (systemClock.monotonic() - start);
  } finally {
    closeSync(file);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
