import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { sleep, systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { type Random, seededRandom, systemRandom } from "../../base/random.ts";
import { openEmbeddedStore } from "../embedded/embedded-store.ts";
import { createMemoryStore } from "../memory/memory-store.ts";
import type { Store } from "../store.ts";
import { checkHistory } from "./check-history.ts";
import { faultyEmbeddedStore, faultyMemoryStore } from "./faulty-store.ts";
import { runKillRounds } from "./kill-rounds.ts";
import { listAll, newRecording } from "./recorder.ts";
import { unsteadyClock } from "./unsteady-clock.ts";
import { runWorkload, type Workload } from "./workload.ts";

/** Long mode: npm run consistency -- --rounds 200. */
const ROUNDS = Number(process.env.WHERRY_CONSISTENCY_ROUNDS ?? 2);
const SEED = Number(process.env.WHERRY_CONSISTENCY_SEED ?? Math.floor(systemRandom.fraction() * 1e9));
const timeout = 60_000 + ROUNDS * 20_000;
const named = `(WHERRY_CONSISTENCY_SEED=${SEED})`;

// The clock's timers do not keep a process alive.
let alive: NodeJS.Timeout;
let directory = "";
before(() => {
  alive = setInterval(() => {}, 60_000);
  directory = mkdtempSync(join(tmpdir(), "wherry-consistency-"));
});
after(() => {
  clearInterval(alive);
  rmSync(directory, { recursive: true });
});

const workloadOf = (random: Random, round: number): Workload => ({
  prefix: `/round/${round}/`,
  random,
  keys: 5,
  clients: 8,
  operationsAClient: 80,
  watches: 4,
  compacts: true,
  pause: () => sleep(systemClock, 20),
});

async function run(open: (random: Random) => Store | Promise<Store>, reopen?: () => Promise<Store>): Promise<void> {
  const random = seededRandom(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const store = await open(random);
    const workload = workloadOf(random, round);
    let history = await runWorkload(store, workload);
    await store.close();
    if (reopen !== undefined) {
      const again = await reopen();
      const recording = newRecording();
      await listAll(again, recording, workload.prefix);
      await again.close();
      const invokedAt = Number.MAX_SAFE_INTEGER;
      history = {
        ...history,
        listings: [...history.listings, ...recording.listings.map((one) => ({ ...one, invokedAt }))],
      };
    }
    assert.ok(history.operations.filter(({ answer }) => answer?.type === "done").length > 20, "something was written");
    assert.deepEqual(checkHistory(history), []);
  }
}

test(`the memory engine is consistent ${named}`, { timeout }, async () => {
  await run(() => createMemoryStore({ clock: systemClock }));
});

test(`the memory engine is consistent when commits fail and the clock jumps ${named}`, { timeout }, async () => {
  await run((random) => faultyMemoryStore({ random, clock: unsteadyClock(systemClock, random, 100), rate: 0.05 }));
});

test(`the embedded engine is consistent ${named}`, { timeout }, async () => {
  const open = () => openEmbeddedStore({ directory: join(directory, "whole"), clock: systemClock, log: silentLogger });
  await run(open, open);
});

test(`the embedded engine is consistent when the disk fails and the clock jumps ${named}`, { timeout }, async () => {
  const place = join(directory, "faulty");
  await run(
    (random) => faultyEmbeddedStore(place, { random, clock: unsteadyClock(systemClock, random, 100), rate: 0.05 }),
    () => openEmbeddedStore({ directory: place, clock: systemClock, log: silentLogger }),
  );
});

test(`the embedded engine is consistent over kill -9 and torn logs ${named}`, { timeout }, async () => {
  assert.deepEqual(await runKillRounds(join(directory, "killed"), { rounds: ROUNDS * 2, seed: SEED }), []);
});
