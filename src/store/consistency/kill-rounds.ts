import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, cpSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { type Random, seededRandom } from "../../base/random.ts";
import { DataDirectoryError, dataDirectoryPaths } from "../embedded/data-directory.ts";
import { openEmbeddedStore } from "../embedded/embedded-store.ts";
import type { Store } from "../store.ts";
import { checkHistory } from "./check-history.ts";
import { damageLastFrame } from "./damage-log.ts";
import type { Operation } from "./history.ts";
import { listAll, newRecording, operate, watchAndNote } from "./recorder.ts";

const KILL_WITHIN = 400;
/** Of the write-ahead log. */
const HEADER_BYTES = 32;
const TORN_BYTES_MAXIMUM = 20_000;

/**
 * Kills a process that works on a store again and again, damages the end of its log in a copy, tears it in the store itself, and
 * checks what each round's history says.
 */
export async function runKillRounds(directory: string, options: { rounds: number; seed: number }): Promise<string[]> {
  const random = seededRandom(options.seed);
  for (let round = 0; round < options.rounds; round++) {
    const wrong = await runRound(directory, { prefix: `/round/${round}/`, random });
    if (wrong.length > 0) return wrong.map((what) => `round ${round}: ${what}`);
  }
  return [];
}

const open = (directory: string): Promise<Store> =>
  openEmbeddedStore({ directory, clock: systemClock, log: silentLogger });

async function runRound(directory: string, { prefix, random }: { prefix: string; random: Random }): Promise<string[]> {
  const before = await open(directory);
  const start = before.revision();
  await before.close();
  const operations = await workUntilKilled(directory, { prefix, random });
  const silent = await openDamaged(directory, { operations, random });
  if (silent !== undefined) return [silent];
  tearLog(directory, random);
  const store = await open(directory);
  try {
    if (store.revision() < start) return [`the revision went back from ${start} to ${store.revision()}`];
    return checkHistory(await lookAt(store, { prefix, start, operations }));
  } finally {
    await store.close();
  }
}

async function workUntilKilled(
  directory: string,
  { prefix, random }: { prefix: string; random: Random },
): Promise<Operation[]> {
  const script = join(import.meta.dirname, "killed-process.ts");
  const seed = String(Math.floor(random.fraction() * 1e9));
  const killAfter = 1 + Math.floor(random.fraction() ** 2 * KILL_WITHIN);
  const child = spawn(process.execPath, [script, directory, prefix, seed], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const operations = new Map<number, Operation>();
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    // The last line may be cut short: then nobody saw it.
    if (!line.endsWith("}")) continue;
    const operation = JSON.parse(line) as Operation;
    operations.set(operation.invokedAt, operation);
    if (++lines === killAfter) child.kill("SIGKILL");
  }
  const [, signal] = await exited;
  if (signal !== "SIGKILL") throw new Error("the process ended by itself");
  return [...operations.values()];
}

/** A bit flips in the last transaction: either nobody heard of that one, or it is missed. */
async function openDamaged(
  directory: string,
  { operations, random }: { operations: readonly Operation[]; random: Random },
): Promise<string | undefined> {
  const copy = `${directory}.damaged`;
  cpSync(directory, copy, { recursive: true });
  try {
    if (!damageLastFrame(dataDirectoryPaths(copy).writeAheadLog, Math.floor(random.fraction() * 4096)))
      return undefined;
    const store = await open(copy);
    const revision = store.revision();
    await store.close();
    const acknowledged = operations.map(({ answer }) => (answer?.type === "done" ? answer.revision : 0));
    const last = Math.max(...acknowledged);
    return last <= revision ? undefined : `damage has taken acknowledged revision ${last} without a word`;
  } catch (error) {
    if (error instanceof DataDirectoryError) return undefined;
    throw error;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** What a power cut leaves of a write that nobody acknowledged. */
function tearLog(directory: string, random: Random): void {
  const { writeAheadLog } = dataDirectoryPaths(directory);
  const bytes = statSync(writeAheadLog, { throwIfNoEntry: false })?.size ?? 0;
  // SQLite synchronizes the log's header, a part of a sector, before anything behind it.
  if (random.fraction() < 0.5 || bytes <= HEADER_BYTES) return;
  appendFileSync(writeAheadLog, random.bytes(Math.floor(random.fraction() * TORN_BYTES_MAXIMUM)));
}

/** What is there afterwards, as further operations of the same history. */
async function lookAt(store: Store, round: { prefix: string; start: number; operations: Operation[] }) {
  const { prefix, start, operations } = round;
  const recording = newRecording();
  const after = 1 + operations.reduce((most, { invokedAt, answer }) => Math.max(most, invokedAt, answer?.at ?? 0), 0);
  const later = { ...recording, now: () => after + recording.now() };
  for (const key of new Set(operations.map((operation) => operation.key))) {
    await operate(store, later, { client: "after the crash", key, action: { type: "get" } });
  }
  await listAll(store, later, prefix);
  const end = store.revision();
  if (end > start) {
    const isEnough = ({ revision }: { revision: number }): boolean => revision >= end;
    await watchAndNote(store, later, { name: "the log", prefix, afterRevision: start, isEnough });
  }
  const log = recording.watchings[0] ?? { name: "the log", afterRevision: start, batches: [] };
  return { operations: [...operations, ...recording.operations], listings: recording.listings, watchings: [], log };
}
