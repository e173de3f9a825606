import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { systemClock } from "../../../src/base/clock.ts";
import { silentLogger } from "../../../src/base/log.ts";
import { openEmbeddedStore } from "../../../src/store/embedded/embedded-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { timed } from "../timed.ts";
import { type Measurements, scaled, type Workload } from "../workload.ts";

const OBJECTS = 100_000;
const VALUE_BYTES = 3000;

export const storeOpen: Workload = {
  name: "store-open",
  description: "opening 100,000 objects of 3 KB, and an empty store",
  seconds: 6,
  goals: [
    { metric: "open_100000_ms", atMost: 1000 },
    { metric: "open_empty_ms", atMost: 50 },
    { metric: "resident_to_json_ratio", atMost: 1.6 },
  ],
  async measure(run) {
    const { directory } = run;
    const objects = scaled(OBJECTS, run, 500);
    const open = (): Promise<Store> => openEmbeddedStore({ directory, clock: systemClock, log: silentLogger });
    const empty = await timed(open);
    for (let first = 0; first < objects; first += 500) {
      const keys = Array.from({ length: 500 }, (_, index) => `/registry/pods/ns-${index}/pod-${first + index}`);
      await Promise.all(keys.map((key) => empty.value.create(key, Buffer.alloc(VALUE_BYTES, key))));
    }
    await empty.value.compact(empty.value.revision());
    await empty.value.close();
    const output = execFileSync(process.execPath, [join(import.meta.dirname, "store-open-process.ts"), directory]);
    return { open_empty_ms: empty.durationMs, ...(JSON.parse(output.toString()) as Measurements) };
  },
};
