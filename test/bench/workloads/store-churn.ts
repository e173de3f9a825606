import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLogger } from "../../../src/base/log.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/embedded-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { timed } from "../timed.ts";
import { scaled, type Workload } from "../workload.ts";

const OBJECTS = 2000;
const VALUE_BYTES = 2000;
const ROUNDS = 50;
/** As small as makes compaction run all the time. */
const HISTORY = { bytes: 4 * 1024 * 1024 };

export const storeChurn: Workload = {
  name: "store-churn",
  description: "100,000 updates of 2,000 objects of 2 KB while history is compacted, and what is left on the disk",
  seconds: 5,
  goals: [
    { metric: "disk_to_live_ratio", atMost: 2 },
    { metric: "largest_disk_to_live_ratio", atMost: 12 },
  ],
  async measure(run) {
    const { directory } = run;
    const rounds = scaled(ROUNDS, run, 2);
    const store = await openEmbeddedStore({ directory, clock: systemClock, log: silentLogger, history: HISTORY });
    const live = OBJECTS * VALUE_BYTES;
    const keys = Array.from({ length: OBJECTS }, (_, index) => `/registry/pods/${index}`);
    await Promise.all(keys.map((key) => store.create(key, Buffer.alloc(VALUE_BYTES, key))));
    let largest = 0;
    const { durationMs } = await timed(async () => {
      for (let round = 0; round < rounds; round++) {
        await updateAll(store, keys, String(round));
        largest = Math.max(largest, diskBytes(directory));
      }
    });
    await store.compact(store.revision());
    const left = diskBytes(directory);
    await store.close();
    return {
      updates_per_second: (OBJECTS * rounds * 1000) / durationMs,
      disk_to_live_ratio: left / live,
      largest_disk_to_live_ratio: largest / live,
    };
  },
};

async function updateAll(store: Store, keys: readonly string[], fill: string): Promise<void> {
  await Promise.all(
    keys.map(async (key) => {
      const current = await store.get(key);
      await store.update(key, Buffer.alloc(VALUE_BYTES, fill), current?.revision ?? 0);
    }),
  );
}

function diskBytes(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}
