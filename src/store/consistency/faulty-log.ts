import type { Random } from "../../base/random.ts";
import { nextTurn } from "../../base/turn.ts";
import type { CommitLog } from "../memory/commit-log.ts";
import type { Change } from "../memory/versioned-map.ts";

export type CommitFault = "fsync error" | "fsync error after all" | "short write" | "delayed write";

const FAULTS: readonly CommitFault[] = ["fsync error", "fsync error after all", "short write", "delayed write"];
const TURNS_MAXIMUM = 20;

/**
 * A log on a bad disk. Of a commit that fails nothing, a part or everything may be on the disk; the store must go by what it
 * has acknowledged. Commits that were begun behind it fail as well.
 */
export function faultyLog(log: CommitLog, { random, rate }: { random: Random; rate: number }): CommitLog {
  let last: Promise<unknown> = Promise.resolve();
  let isBad = false;

  async function commit(changes: readonly Change[], firstRevision: number): Promise<void> {
    if (isBad) throw new Error("injected: a commit before it failed");
    const fault = random.fraction() < rate ? FAULTS[Math.floor(random.fraction() * FAULTS.length)] : undefined;
    const part = Math.floor(random.fraction() * changes.length);
    if (fault === "delayed write") {
      for (let turns = random.fraction() * TURNS_MAXIMUM; turns > 0; turns--) await nextTurn();
    }
    if (fault === "short write" && part > 0) await log.commit(changes.slice(0, part), firstRevision);
    if (fault === undefined || fault === "delayed write" || fault === "fsync error after all") {
      await log.commit(changes, firstRevision);
    }
    if (fault === undefined || fault === "delayed write") return;
    isBad = true;
    throw new Error(`injected: ${fault}`);
  }

  return {
    ...log,
    commit(changes, firstRevision) {
      const decided = last.then(() => commit(changes, firstRevision));
      last = decided.catch(() => {});
      return decided;
    },
    async recover() {
      if (random.fraction() < 0.3) throw new Error("injected: the disk is still bad");
      await log.recover();
      isBad = false;
    },
  };
}
