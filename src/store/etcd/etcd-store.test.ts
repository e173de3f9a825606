import { after } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type EtcdCluster, startEtcd, withoutEtcd } from "../../../test/support/etcd.ts";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { systemRandom } from "../../base/random.ts";
import { storeConformance } from "../conformance.ts";
import type { Store } from "../store.ts";
import { openEtcdStore } from "./etcd-store.ts";
import { emptyEtcd } from "./testing/empty-etcd.ts";

/** Time that etcd takes beyond a lease's own until its keys are gone. */
const LATE_MS = 700;

/** Cases run at the same time, each with an etcd of its own; one that is done is emptied for the next. */
const free: EtcdCluster[] = [];
const all: EtcdCluster[] = [];

after(async () => {
  await Promise.all(all.map((cluster) => cluster.stop()));
});

storeConformance(
  "the etcd engine",
  async () => {
    const cluster = free.pop() ?? (await startOne());
    const open = (): Promise<Store> =>
      openEtcdStore({ servers: cluster.urls, clock: systemClock, random: systemRandom, log: silentLogger });
    let current = await open();
    return {
      store: current,
      passSeconds: (seconds) => pause(seconds * 1000 + LATE_MS),
      async reopen() {
        await current.close();
        current = await open();
        return current;
      },
      async dispose() {
        await current.close();
        await emptyEtcd(cluster.urls);
        free.push(cluster);
      },
    };
  },
  { isDurable: true, concurrency: 4, skip: withoutEtcd() },
);

async function startOne(): Promise<EtcdCluster> {
  const cluster = await startEtcd({ flags: ["--max-request-bytes", String(8 * 1024 * 1024)] });
  all.push(cluster);
  return cluster;
}
