import { join } from "node:path";
import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import { makePrivateDirectory } from "../../bootstrap/pki/pki-files.ts";
import { readRotation, writeRotation } from "../../bootstrap/pki/rotation.ts";
import { CommandError } from "../../cli/command.ts";
import type { Store } from "../../store/store.ts";
import { prepareEncryptionKey, writeWithNewestKey } from "../encryption-keys.ts";
import { endEncryptionExchange, writeEncryptionPhase } from "./encryption-exchange.ts";
import { adopt, firstGeneration, type Own, ownKeys, recordOf, sealFor } from "./hand-over.ts";
import { readIdentity } from "./own-identity.ts";
import { nextStep, type Step } from "./plan.ts";
import { announce, forget, leave, type Records, readRecords, writeAlive, writeServer } from "./records.ts";
import { takeForgetWishes, writeServerList } from "./server-list.ts";
import { digestOf, finishIncoming, readGeneration, readSharedFiles, writeGeneration } from "./shared-files.ts";

/** Whoever uses the keys of this server. */
export interface KeyUsers {
  /** Resolves when certificates and token keys are in use as the files say. */
  lookAtCertificates(): Promise<void>;
  /** The same for the keys that encrypt Secrets. */
  lookAtEncryption(): Promise<void>;
  /** Encrypts all Secrets with the newest key, and forgets the others. */
  rewriteSecrets(): Promise<void>;
}

export interface KeyExchangeOptions {
  readonly store: Store;
  readonly dataDirectory: string;
  /** As people call this server. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface KeyExchange {
  /**
   * Before anything uses the keys: takes over what was exchanged while this server was away.
   * @throws CommandError when no server that runs can hand it over
   */
  catchUp(): Promise<void>;
  /** Follows exchanges, and takes part in them, until it is stopped. */
  follow(users: KeyUsers): Promise<{ stop(): Promise<void> }>;
  /** A server that was not let in is not waited for. */
  withdraw(): Promise<void>;
}

const ROUND_MS = 2000;
/** A server that does not say for three times as long that it lives counts as away. */
const ALIVE_MS = 5000;
const CATCH_UP_MS = 30_000;
/** What one round may do before it takes a breath. */
const STEPS = 8;

/** The keys that servers on one etcd share, kept the same on all of them (decision 35). */
export function keyExchange(options: KeyExchangeOptions): KeyExchange {
  const { store, dataDirectory, clock, log } = options;
  const directory = join(dataDirectory, "pki");
  makePrivateDirectory(directory, "correct");
  finishIncoming(directory);

  return {
    async catchUp() {
      const generation = readGeneration(directory);
      if (generation === undefined) return;
      const deadline = clock.monotonic() + CATCH_UP_MS;
      for (;;) {
        const records = await readRecords(store);
        if (records.current === undefined || generation >= records.current.generation) return;
        const own = ownKeys(directory, options);
        if (nextStep(own.keys, records)?.kind === "adopt") {
          try {
            adopt(directory, own, records);
          } catch (error) {
            await forget(store, own.keys.id);
            throw error;
          }
          log.info("keys that were exchanged meanwhile are taken over", { generation: records.current.generation });
          return;
        }
        if (clock.monotonic() > deadline || records.alive.size === 0) throw tooOld(directory, records);
        await writeServer(store, recordOf(own, options.name));
        await pause(clock, ROUND_MS / 2);
      }
    },
    async follow(users) {
      const records = await readRecords(store);
      if (readGeneration(directory) === undefined) writeGeneration(directory, firstGeneration(directory, records));
      return keep({ ...options, directory, users });
    },
    async withdraw() {
      const identity = readIdentity(directory);
      if (identity !== undefined) await forget(store, identity.id);
    },
  };
}

interface Kept extends KeyExchangeOptions {
  readonly directory: string;
  readonly users: KeyUsers;
}

async function keep(kept: Kept): Promise<{ stop(): Promise<void> }> {
  const { clock, log, store, directory } = kept;
  let isStopped = false;
  let problem = "";
  const progress: Progress = { aliveAtMs: Number.NEGATIVE_INFINITY };
  const round = async (): Promise<void> => {
    try {
      for (let count = 0; count < STEPS && !isStopped && (await oneStep(kept, progress)); count++);
      problem = "";
    } catch (error) {
      const message = errorMessage(error);
      if (message !== problem) log.warn("the keys that servers share cannot be kept the same", { error: message });
      problem = message;
    }
  };
  let running = round();
  await running;
  const again = (): void => {
    running = round().then(() => {
      if (!isStopped) timer = clock.setTimer(again, ROUND_MS);
    });
  };
  let timer = clock.setTimer(again, ROUND_MS);
  return {
    async stop() {
      isStopped = true;
      timer.cancel();
      await running;
      const identity = readIdentity(directory);
      // Nobody waits for a server that has stopped; it catches up when it comes back.
      if (identity !== undefined) await leave(store, identity.id).catch(() => undefined);
    },
  };
}

/** What goes on over several rounds. */
interface Progress {
  aliveAtMs: number;
  rewriting?: Promise<void>;
}

/** Says what is in use here, and takes one step. Answers whether there may be another one. */
async function oneStep(kept: Kept, progress: Progress): Promise<boolean> {
  const { store, directory, name } = kept;
  const own = ownKeys(directory, kept);
  let records = await readRecords(store);
  for (const id of takeForgetWishes(directory, records)) await forget(store, id);
  const mine = recordOf(own, name);
  const known = records.servers.get(mine.id);
  const isTold = JSON.stringify(known) === JSON.stringify(mine);
  if (!isTold) {
    // Only what is in use is told: others go on when they read it.
    await kept.users.lookAtCertificates();
    await kept.users.lookAtEncryption();
    if (digestOf(readSharedFiles(directory)) !== mine.digest) return true;
    await writeServer(store, mine);
  }
  const nowMs = kept.clock.monotonic();
  if (nowMs - progress.aliveAtMs >= ALIVE_MS || !records.alive.has(mine.id)) {
    await writeAlive(store, mine.id);
    progress.aliveAtMs = nowMs;
  }
  if (!isTold || !records.alive.has(mine.id)) records = await readRecords(store);
  writeServerList(kept.dataDirectory, records, mine.id);
  const step = nextStep(own.keys, records);
  return step === undefined ? false : take(step, { kept, own, records, progress });
}

async function take(step: Step, at: { kept: Kept; own: Own; records: Records; progress: Progress }): Promise<boolean> {
  const { kept, own, records, progress } = at;
  const { directory, store, log } = kept;
  switch (step.kind) {
    case "adopt":
      adopt(directory, own, records);
      log.info("keys that another server has exchanged are taken over", { generation: records.current?.generation });
      return true;
    case "announce": {
      const isFirst = records.current === undefined;
      const next = { generation: step.generation, digest: own.keys.digest };
      if (!(await announce(store, next, records.current))) return true;
      writeGeneration(directory, step.generation);
      if (!isFirst) log.info("changed keys are handed to the other servers", { generation: step.generation });
      return true;
    }
    case "seal":
      for (const id of step.servers) await sealFor(records.servers.get(id)!, at);
      return false;
    case "rotation": {
      const rotation = readRotation(directory);
      if (rotation !== undefined) writeRotation(directory, { ...rotation, phase: step.phase });
      await kept.users.lookAtCertificates();
      return true;
    }
    case "encryption":
      if (step.from === "begin") prepareEncryptionKey(kept.dataDirectory, kept);
      else writeWithNewestKey(kept.dataDirectory);
      writeEncryptionPhase(directory, step.from === "begin" ? "spread" : "written");
      return true;
    case "rewrite":
      // Long in a large cluster: rounds go on, which say that this server lives.
      progress.rewriting ??= kept.users
        .rewriteSecrets()
        .then(() => endEncryptionExchange(directory))
        .catch((error) => log.warn("encrypting anew is not done and goes on", { error: errorMessage(error) }))
        .finally(() => delete progress.rewriting);
      return false;
  }
}

function tooOld(directory: string, { servers, alive }: Records): CommandError {
  const others = [...servers.values()].filter(({ id }) => alive.has(id)).map(({ name }) => name);
  return new CommandError(
    `the cluster's keys were exchanged while this server was away, and ${
      others.length === 0
        ? "no other server runs that could hand them over: start the one first that has the newest"
        : `${others.join(", ")} cannot hand them over (those of ${directory} are too old): copy the folder pki of one of them`
    } (--pki-dir, with an empty --data-dir)`,
  );
}

function pause(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(resolve, milliseconds));
}
