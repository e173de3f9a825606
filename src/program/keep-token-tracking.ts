import { errorMessage } from "../base/assert.ts";
import { sleep, timestamp } from "../base/clock.ts";
import { reconcileTokenTracking } from "../bootstrap/defaults/reconcile-defaults.ts";
import type { Client } from "../client/client.ts";
import type { Environment } from "./environment.ts";
import type { Started } from "./stop.ts";

/** Upstream makes it no more often than this: servers that want it and servers that do not must not fight over it. */
const PERIOD_MS = 30 * 60_000;

/** Brings back the ConfigMap that says since when uses of tokens from Secrets are noted, until it is stopped. */
export function keepTokenTracking(client: Client, { clock, log }: Pick<Environment, "clock" | "log">): Started {
  const stopping = new AbortController();
  const { signal } = stopping;
  const keep = async (): Promise<void> => {
    for (;;) {
      await sleep(clock, PERIOD_MS, signal);
      if (signal.aborted) return;
      try {
        await reconcileTokenTracking(client, timestamp(clock).slice(0, 10));
      } catch (error) {
        if (signal.aborted) return;
        log.named("bootstrap").warn("the tracking of tokens cannot be kept", { error: errorMessage(error) });
      }
    }
  };
  const keeping = keep();
  return {
    async stop() {
      stopping.abort();
      await keeping;
    },
  };
}
