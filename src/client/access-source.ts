import { statSync } from "node:fs";
import { errorMessage } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import { type ClusterAccess, readKubeconfig } from "./kubeconfig.ts";

/** A way into a cluster that may change while it is in use: certificates are renewed, authorities exchanged. */
export interface AccessSource {
  current(): ClusterAccess;
  /** Answers how to listen no more. */
  onChange(listener: () => void): () => void;
}

export interface FollowedKubeconfig extends AccessSource {
  /** Looks at the file now. */
  look(): Promise<void>;
  stop(): void;
}

const LOOK_MS = 2000;

/** A kubeconfig as its file is at any time. What cannot be read is logged, and what was read before stays in use. */
export function followKubeconfig(
  file: string,
  first: ClusterAccess,
  { clock, log }: { clock: Clock; log: Logger },
): FollowedKubeconfig {
  const listeners = new Set<() => void>();
  let access = first;
  let stamp = stampOf(file);
  let isStopped = false;
  let looking = Promise.resolve();
  let timer = clock.setTimer(glance, LOOK_MS);

  function glance(): void {
    void look().finally(() => {
      if (!isStopped) timer = clock.setTimer(glance, LOOK_MS);
    });
  }

  /** One after the other, so that nobody hears of the same change twice. */
  function look(): Promise<void> {
    looking = looking.then(lookNow);
    return looking;
  }

  async function lookNow(): Promise<void> {
    const now = stampOf(file);
    if (now === stamp) return;
    try {
      access = await readKubeconfig(file);
      stamp = now;
    } catch (error) {
      log.warn("the kubeconfig cannot be read again; what it said before stays in use", {
        file,
        error: errorMessage(error),
      });
      return;
    }
    for (const listener of listeners) listener();
  }

  return {
    current: () => access,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    look,
    stop() {
      isStopped = true;
      timer.cancel();
    },
  };
}

function stampOf(file: string): string {
  const { mtimeMs, ino, size } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0, ino: 0, size: 0 };
  return `${ino}:${mtimeMs}:${size}`;
}
