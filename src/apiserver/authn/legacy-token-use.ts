import type { Secret } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, formatTime } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Transport } from "../../client/transport.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const LAST_USED = "kubernetes.io/legacy-token-last-used";
/** Secrets whose label is being written at once; what comes beyond that is marked at its next use. */
const MAX_WRITES = 64;

/** Writes on a token's Secret on which day it was last used (label `kubernetes.io/legacy-token-last-used`), once a day. */
export function legacyTokenUses(options: { transport: () => Transport; clock: Clock; log: Logger }): {
  /** Resolves when it is written; at once when nothing needs to be. */
  used(secret: Secret): Promise<void> | void;
  /** Resolves when nothing is being written any more. */
  settled(): Promise<void>;
} {
  const writing = new Map<string, Promise<void>>();

  async function mark(path: string, today: string): Promise<void> {
    try {
      await options.transport().request({
        method: "PATCH",
        path,
        contentType: "application/merge-patch+json",
        body: { metadata: { labels: { [LAST_USED]: today } } },
      });
    } catch (error) {
      options.log.warn("the day of a token's last use could not be written", { path, why: errorMessage(error) });
    } finally {
      writing.delete(path);
    }
  }

  return {
    used(secret) {
      const { namespace = "", name = "", labels } = secret.metadata ?? {};
      const today = dayAt(options.clock.now());
      const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
      // A server whose clock is a little ahead may have written tomorrow.
      if (labels?.[LAST_USED] === today || labels?.[LAST_USED] === dayAt(options.clock.now() + DAY_MS)) return;
      const known = writing.get(path);
      if (known !== undefined || writing.size >= MAX_WRITES) return known;
      const marking = mark(path, today);
      writing.set(path, marking);
      return marking;
    },
    async settled() {
      await Promise.all(writing.values());
    },
  };
}

function dayAt(nowMs: number): string {
  return formatTime(nowMs).slice(0, 10);
}
