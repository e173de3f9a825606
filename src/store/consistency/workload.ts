import type { Random } from "../../base/random.ts";
import { nextTurn } from "../../base/turn.ts";
import type { Store } from "../store.ts";
import type { Action, History, Watching } from "./history.ts";
import { type Knowledge, listAll, newRecording, operate, type Recording, watchAndNote } from "./recorder.ts";

export interface Workload {
  /** All keys are below; nothing is there yet. */
  readonly prefix: string;
  readonly random: Random;
  /** Few keys, so that clients meet. */
  readonly keys: number;
  readonly clients: number;
  readonly operationsAClient: number;
  readonly watches: number;
  /** Called between operations: faults come in here. */
  disturb?(): void | Promise<void>;
  /** Waits a little after the store gave no answer. */
  pause(): Promise<void>;
  /** Whether history is compacted on the way. */
  readonly compacts: boolean;
  readonly note?: Recording["note"];
}

/** Lets clients loose on a store, and answers what each of them saw. The store must be able to write again at the end. */
export async function runWorkload(store: Store, workload: Workload): Promise<History> {
  const recording = newRecording(workload.note);
  const start = await store.currentRevision();
  const log: Watching = { name: "the log", afterRevision: start, batches: [] };
  const stopping = new AbortController();
  const logged = followLog(store, log, { prefix: workload.prefix, signal: stopping.signal });
  const watching = Array.from({ length: workload.watches }, (_, index) =>
    keepWatching(store, recording, { index, workload, signal: stopping.signal }),
  );
  await Promise.all(
    Array.from({ length: workload.clients }, (_, index) => work(store, recording, { client: `c${index}`, workload })),
  );
  // The last word: everything before it has been given when it has been given.
  const end = await writeBarrier(store, recording, workload);
  await Promise.race([logged.until(end), logged.ended]);
  stopping.abort();
  await Promise.all([...watching, logged.ended]);
  return { ...recording, log };
}

async function writeBarrier(store: Store, recording: Recording, { prefix, pause }: Workload): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const action = { type: "create", value: `barrier ${attempt}` } as const;
    const known = await operate(store, recording, { client: "barrier", key: `${prefix}barrier/${attempt}`, action });
    if (typeof known === "object") return known.revision;
    await pause();
  }
}

async function work(
  store: Store,
  recording: Recording,
  { client, workload }: { client: string; workload: Workload },
): Promise<void> {
  const { random, keys, prefix } = workload;
  const known = new Map<string, Knowledge>();
  for (let index = 0; index < workload.operationsAClient; index++) {
    const key = `${prefix}${Math.floor(random.fraction() * keys)}`;
    if (random.fraction() < 0.05) await listAll(store, recording, prefix);
    const held = known.get(key);
    const action = chooseAction(random, held, `${client}-${index}`);
    const revision = typeof held === "object" ? held.revision : 0;
    const learned = await operate(store, recording, { client, key, action, revision });
    known.set(key, learned);
    if (learned === "no answer") await workload.pause();
    if (workload.compacts && random.fraction() < 0.01) await compactSome(store, random);
    await workload.disturb?.();
  }
}

/** By what the client knows, which others may have changed meanwhile. */
function chooseAction(random: Random, held: Knowledge, value: string): Action {
  const chance = random.fraction();
  if (typeof held === "string" || chance < 0.25) return { type: "get" };
  if (held === undefined) return { type: "create", value };
  return chance < 0.45 ? { type: "delete", expected: held.value } : { type: "update", value, expected: held.value };
}

/** Leaves some history, so that watches can go on. */
async function compactSome(store: Store, random: Random): Promise<void> {
  const kept = Math.floor(random.fraction() * 60);
  await store.compact(Math.max(store.compactedRevision(), store.revision() - kept)).catch(() => {});
}

/** A watch that is broken off again and again, and resumes where it was. */
async function keepWatching(
  store: Store,
  recording: Recording,
  { index, workload, signal }: { index: number; workload: Workload; signal: AbortSignal },
): Promise<void> {
  let at = store.revision();
  for (let round = 0; !signal.aborted; round++) {
    let left = 1 + Math.floor(workload.random.fraction() * 20);
    const name = `watch ${index}.${round}`;
    at = await watchAndNote(store, recording, {
      name,
      prefix: workload.prefix,
      afterRevision: at,
      signal,
      isEnough: () => --left <= 0,
    });
    await nextTurn();
  }
}

/** The one watch that is never broken off; where the store ends it, it resumes without a gap or the test fails. */
function followLog(
  store: Store,
  log: Watching,
  { prefix, signal }: { prefix: string; signal: AbortSignal },
): { until(revision: number): Promise<void>; ended: Promise<void> } {
  const waiting: { revision: number; resolve: () => void }[] = [];
  let seen = log.afterRevision;
  const follow = async (): Promise<void> => {
    const batches = log.batches as Watching["batches"][number][];
    const scratch: Recording = { ...newRecording(), watchings: [] };
    while (!signal.aborted) {
      await watchAndNote(store, scratch, {
        name: log.name,
        prefix,
        afterRevision: seen,
        signal,
        isEnough(batch) {
          batches.push(batch);
          seen = batch.revision;
          for (const each of waiting) if (each.revision <= seen) each.resolve();
          return false;
        },
      });
      if (store.compactedRevision() > seen) throw new Error(`the log was compacted away after revision ${seen}`);
      await nextTurn();
    }
  };
  return {
    ended: follow(),
    until: (revision) =>
      new Promise((resolve) => {
        if (revision <= seen) resolve();
        else waiting.push({ revision, resolve });
      }),
  };
}
