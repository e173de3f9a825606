import assert from "node:assert/strict";
import { test } from "node:test";
import { sleep, systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/log.ts";
import { seededRandom, systemRandom } from "../../src/base/random.ts";
import { checkHistory } from "../../src/store/consistency/check-history.ts";
import { runWorkload } from "../../src/store/consistency/workload.ts";
import { openEtcdStore } from "../../src/store/etcd/etcd-store.ts";
import { type EtcdCluster, startEtcd, withoutEtcd } from "../support/etcd.ts";

const ROUNDS = Number(process.env.WHERRY_CONSISTENCY_ROUNDS ?? 1);
const SEED = Number(process.env.WHERRY_CONSISTENCY_SEED ?? Math.floor(systemRandom.fraction() * 1e9));

test(`etcd is consistent while its members are paused (WHERRY_CONSISTENCY_SEED=${SEED})`, {
  skip: withoutEtcd(),
  timeout: 60_000 + ROUNDS * 30_000,
}, async () => {
  const cluster = await startEtcd({ members: 3 });
  const alive = setInterval(() => {}, 60_000);
  try {
    for (let round = 0; round < ROUNDS; round++) await runRound(cluster, round);
  } finally {
    clearInterval(alive);
    await cluster.stop();
  }
});

async function runRound(cluster: EtcdCluster, round: number): Promise<void> {
  const random = seededRandom(SEED + round);
  const prefix = `/round/${round}/`;
  const servers = cluster.urls;
  const store = await openEtcdStore({ servers, clock: systemClock, random, log: silentLogger, watchPrefix: prefix });
  const stopping = new AbortController();
  const disturbing = pauseInTurn(cluster, stopping.signal);
  try {
    const history = await runWorkload(store, {
      prefix,
      random,
      keys: 5,
      clients: 6,
      operationsAClient: 60,
      watches: 3,
      compacts: false,
      pause: () => sleep(systemClock, 100),
    });
    assert.ok(history.operations.filter(({ answer }) => answer?.type === "done").length > 50, "much was written");
    assert.deepEqual(checkHistory(history), []);
  } finally {
    stopping.abort();
    await disturbing;
    await store.close();
  }
}

/** One member after the other stops and goes on, the leader among them. */
async function pauseInTurn(cluster: EtcdCluster, signal: AbortSignal): Promise<void> {
  for (let turn = 0; !signal.aborted; turn++) {
    const member = cluster.members[turn % cluster.members.length]!;
    await sleep(systemClock, 300, signal);
    if (signal.aborted) return;
    member.pause();
    await sleep(systemClock, 1500, signal);
    member.resume();
  }
}
