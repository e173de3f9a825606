import { systemClock } from "../../../src/base/clock.ts";
import { createMemoryStore } from "../../../src/store/memory/memory-store.ts";
import type { Store, StoreEvent } from "../../../src/store/store.ts";
import type { Workload } from "../workload.ts";

const WATCHERS = 1000;
const EVENTS = 2000;
const VALUE = Buffer.alloc(2048, "v");

export const storeWatch: Workload = {
  name: "store-watch",
  description: "one key written again and again below the prefix of 1,000 watches, against calling 1,000 functions",
  seconds: 2,
  goals: [{ metric: "deliveries_per_second", atLeast: 500_000 }],
  async measure() {
    const store = createMemoryStore({ clock: systemClock });
    const before = process.memoryUsage().heapUsed;
    const watches = Array.from({ length: WATCHERS }, () => consume(store, EVENTS));
    const start = systemClock.monotonic();
    let { revision } = await store.create("/registry/pods/default/one", VALUE);
    for (let index = 1; index < EVENTS; index++) {
      ({ revision } = await store.update("/registry/pods/default/one", VALUE, revision));
    }
    await Promise.all(watches);
    const perSecond = (WATCHERS * EVENTS * 1000) / (systemClock.monotonic() - start);
    const heapBytes = process.memoryUsage().heapUsed - before;
    await store.close();
    return { deliveries_per_second: perSecond, bare_calls_per_second: bareRate(), heap_growth_mb: heapBytes / 1e6 };
  },
};

async function consume(store: Store, count: number): Promise<void> {
  let seen = 0;
  for await (const batch of store.watch({ prefix: "/registry/pods/", afterRevision: 1 })) {
    seen += batch.events.length;
    if (seen >= count) return;
  }
}

/** The same fan-out as nothing but function calls. */
function bareRate(): number {
  let calls = 0;
  const listeners = Array.from({ length: WATCHERS }, () => (event: StoreEvent) => {
    if (event.key.startsWith("/registry/pods/")) calls++;
  });
  const start = systemClock.monotonic();
  for (let revision = 0; revision < EVENTS; revision++) {
    const event: StoreEvent = { type: "put", key: "/registry/pods/default/one", revision, value: VALUE };
    for (const listener of listeners) listener(event);
  }
  return (calls * 1000) / (systemClock.monotonic() - start);
}
