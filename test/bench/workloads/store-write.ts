import { join } from "node:path";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLogger } from "../../../src/base/log.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/embedded-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { rawPerSecond } from "../raw-disk.ts";
import { scaled, type Workload } from "../workload.ts";

const VALUE = Buffer.alloc(2048, "v");
const SECONDS = 3;

export const storeOneWriter: Workload = {
  name: "store-one-writer",
  description: "durable creates of 2 KB, one after the other, against appending 2 KB and fdatasync",
  seconds: 7,
  goals: [{ metric: "ratio_to_raw", atLeast: 0.5 }],
  async measure(run) {
    const { directory } = run;
    // Alternating, because a disk's rate moves while it is measured.
    const raw: number[] = [];
    const written: number[] = [];
    for (let round = 0; round < scaled(SECONDS, run); round++) {
      raw.push(rawPerSecond(join(directory, `raw-${round}`)));
      written.push(await createRate(join(directory, `store-${round}`), 1));
    }
    const [rawMean, createsPerSecond] = [mean(raw), mean(written)];
    return {
      raw_per_second: rawMean,
      creates_per_second: createsPerSecond,
      ratio_to_raw: createsPerSecond / rawMean,
    };
  },
};

export const storeManyWriters: Workload = {
  name: "store-64-writers",
  description: "durable creates of 2 KB by 64 writers, which share commits",
  seconds: 4,
  goals: [{ metric: "creates_per_second", atLeast: 10_000 }],
  async measure(run) {
    const { directory } = run;
    const rates: number[] = [];
    const before = performance.eventLoopUtilization();
    for (let round = 0; round < scaled(SECONDS, run); round++) {
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

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
