import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/log.ts";
import { type Random, seededRandom, systemRandom } from "../../../base/random.ts";
import { eventsUntil, watchFrom } from "../../conformance/harness.ts";
import type { Store } from "../../store.ts";
import { openEmbeddedStore } from "../embedded-store.ts";
import type { Acknowledged } from "./report.ts";

const ROUNDS = Number(process.env.WHERRY_CRASH_ROUNDS ?? 10);
const SEED = Number(process.env.WHERRY_CRASH_SEED ?? Math.floor(systemRandom.fraction() * 1e9));

test(`killed ${ROUNDS} times, nothing acknowledged is lost (WHERRY_CRASH_SEED=${SEED})`, {
  timeout: ROUNDS * 10_000,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), "wherry-crash-"));
  const random = seededRandom(SEED);
  /** The last acknowledged write of each key, over all rounds. */
  const last = new Map<string, Acknowledged>();
  let seenRevision = 0;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const acknowledged = await writeUntilKilled(directory, random);
      for (const write of acknowledged) {
        assert.ok(write.revision > seenRevision, `revision ${write.revision} was seen before the crash`);
        if (write.revision > (last.get(write.key)?.revision ?? 0)) last.set(write.key, write);
      }
      const store = await openEmbeddedStore({ directory, clock: systemClock, log: silentLogger });
      for (const write of last.values()) assert.ok(store.revision() >= write.revision, "the revision goes back");
      assert.ok(store.revision() >= seenRevision, "the revision goes back");
      seenRevision = store.revision();
      await checkState(store, last);
      await checkReplay(store, acknowledged);
      await store.close();
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

/** Runs the writer process, kills it after a random number of acknowledgements, and answers them all. */
async function writeUntilKilled(directory: string, random: Random): Promise<Acknowledged[]> {
  const script = join(import.meta.dirname, "writer-process.ts");
  const seed = String(Math.floor(random.fraction() * 1e9));
  const killAfter = 1 + Math.floor(random.fraction() ** 2 * 800);
  const child = spawn(process.execPath, [script, directory, seed], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const acknowledged: Acknowledged[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    // The kernel may cut the last line short; then its write may or may not be reported, which is both fine.
    if (!line.endsWith("}")) continue;
    acknowledged.push(JSON.parse(line));
    if (acknowledged.length === killAfter) child.kill("SIGKILL");
  }
  const [, signal] = await exited;
  assert.equal(signal, "SIGKILL", "the writer process ended by itself");
  return acknowledged;
}

/** Every key holds what was acknowledged last for it, or a later write whose acknowledgement nobody read. */
async function checkState(store: Store, last: ReadonlyMap<string, Acknowledged>): Promise<void> {
  for (const item of (await store.list({ prefix: "/" })).items) checkWhole(item.key, item.value);
  for (const write of last.values()) {
    const current = await store.get(write.key);
    if (current === undefined) continue;
    assert.ok(
      current.revision >= write.revision,
      `${write.key} went back from ${write.revision} to ${current.revision}`,
    );
    if (current.revision === write.revision) assert.equal(digestOf(current.value), write.digest);
  }
  const events = await eventsUntil(store, watchFrom(store, store.compactedRevision()), store.revision());
  for (const write of last.values()) {
    if (write.digest === undefined || (await store.get(write.key)) !== undefined) continue;
    const gone = events.find((event) => event.key === write.key && event.revision > write.revision);
    assert.ok(
      gone !== undefined || write.revision < store.compactedRevision(),
      `${write.key} of ${write.revision} is lost`,
    );
  }
}

/** The kept history, replayed on the oldest state, gives the present one, and holds each acknowledged write. */
async function checkReplay(store: Store, acknowledged: readonly Acknowledged[]): Promise<void> {
  const from = store.compactedRevision();
  const state = new Map((await store.list({ prefix: "/", revision: from })).items.map((item) => [item.key, item]));
  const events = await eventsUntil(store, watchFrom(store, from), store.revision());
  const byRevision = new Map(events.map((event) => [event.revision, event]));
  for (const event of events) {
    assert.deepEqual(event.previous, state.get(event.key), `what was before revision ${event.revision}`);
    if (event.type === "delete") state.delete(event.key);
    else state.set(event.key, { key: event.key, value: event.value, revision: event.revision });
  }
  const sorted = [...state.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
  assert.deepEqual(sorted, (await store.list({ prefix: "/" })).items);
  for (const write of acknowledged) {
    if (write.revision <= from) continue;
    const event = byRevision.get(write.revision);
    assert.equal(event?.key, write.key, `revision ${write.revision} is lost`);
    assert.equal(event?.type === "put" ? digestOf(event.value) : undefined, write.digest);
  }
}

function checkWhole(key: string, value: Buffer): void {
  const text = value.toString();
  const body = text.slice(0, -64);
  assert.equal(createHash("sha256").update(body).digest("hex"), text.slice(-64), `${key} is half written`);
  assert.ok(body.startsWith(`${key}\n`), `${key} holds the value of another key`);
}

function digestOf(value: Buffer): string {
  return createHash("sha256").update(value).digest("hex");
}
