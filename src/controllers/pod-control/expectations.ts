import type { Pod } from "../../api/generated/core/v1.ts";
import { isNotFound } from "../../api/status.ts";
import type { Clock } from "../../base/clock.ts";
import type { Change, Informer } from "../../client/informer.ts";

/** Upstream's five minutes: a write that no watch has shown by then will not show any more. */
const FORGET_AFTER_MS = 300_000;

/**
 * Remembers pods that a controller has created or deleted until its informer shows it, so that a reconcile on a cache that
 * is behind never creates a pod twice or deletes one too many. Pods are expected by name (names are chosen before the
 * create is sent) and by uid, so neither lost nor doubled events confuse it.
 */
export interface Expectations {
  /** True when everything written for the owner has been seen: the cache can be trusted for counting. */
  satisfied(owner: string): boolean;
  /** Before a create is sent. @param podKey namespace/name */
  expectCreation(owner: string, podKey: string): void;
  /** Before a delete is sent. */
  expectDeletion(owner: string, pod: Pod): void;
  /** The create was refused: the pod will not come. */
  creationFailed(podKey: string): void;
  /** The delete was refused: the pod will not go. */
  deletionFailed(uid: string): void;
  /** The create may or may not have happened; `settle` will ask. */
  creationUncertain(podKey: string): void;
  /** Asks for pods whose creation is uncertain, and drops those that are not there. */
  settle(owner: string, exists: (podKey: string) => Promise<unknown>): Promise<void>;
  /** The owner is gone. */
  forget(owner: string): void;
}

interface Expected {
  readonly owner: string;
  readonly untilMs: number;
  uncertain: boolean;
}

export function createExpectations(clock: Clock, informer: Informer<Pod>): Expectations {
  const creations = new Map<string, Expected>();
  const deletions = new Map<string, Expected>();
  const expected = (owner: string): Expected => ({
    owner,
    untilMs: clock.monotonic() + FORGET_AFTER_MS,
    uncertain: false,
  });

  informer.subscribe((change: Change<Pod>) => {
    creations.delete(change.key);
    const pod = change.after ?? change.before;
    const gone = change.after === undefined || change.after.metadata?.deletionTimestamp !== undefined;
    if (gone) deletions.delete(pod?.metadata?.uid ?? "");
  });

  function open(map: Map<string, Expected>, owner: string): boolean {
    for (const [key, each] of map) {
      if (each.owner !== owner) continue;
      if (each.untilMs > clock.monotonic()) return true;
      map.delete(key);
    }
    return false;
  }

  return {
    satisfied: (owner) => !open(creations, owner) && !open(deletions, owner),
    expectCreation: (owner, podKey) => void creations.set(podKey, expected(owner)),
    expectDeletion: (owner, pod) => void deletions.set(pod.metadata?.uid ?? "", expected(owner)),
    creationFailed: (podKey) => void creations.delete(podKey),
    deletionFailed: (uid) => void deletions.delete(uid),
    creationUncertain(podKey) {
      const each = creations.get(podKey);
      if (each !== undefined) each.uncertain = true;
    },
    async settle(owner, exists) {
      for (const [podKey, each] of [...creations]) {
        if (each.owner !== owner || !each.uncertain) continue;
        try {
          await exists(podKey);
          each.uncertain = false;
        } catch (error) {
          if (!isNotFound(error)) throw error;
          creations.delete(podKey);
        }
      }
    },
    forget(owner) {
      for (const map of [creations, deletions]) {
        for (const [key, each] of map) if (each.owner === owner) map.delete(key);
      }
    },
  };
}
