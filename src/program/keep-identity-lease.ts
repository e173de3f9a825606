import { hostname } from "node:os";
import { errorMessage } from "../base/assert.ts";
import { sleep } from "../base/clock.ts";
import type { Client } from "../client/client.ts";
import type { Environment } from "./environment.ts";
import { collectIdentityLeases, identityLease } from "./identity-lease.ts";
import type { Started } from "./stop.ts";

/** How often it is looked at whether the Lease is as it should be (upstream: 10 s). */
const PERIOD_MS = 10_000;
/** How often Leases of other servers are looked at (upstream: an hour). */
const COLLECT_MS = 3_600_000;

/** Says in kube-system that this API server lives, until it is stopped, and forgets servers that do no longer. */
export function keepIdentityLease(
  client: Client,
  { clock, random, log }: Pick<Environment, "clock" | "random" | "log">,
): Started {
  const stopping = new AbortController();
  const { signal } = stopping;
  const lease = identityLease({ client, clock, hostname: hostname(), holder: random.uuid() });
  const attempt = async (what: string, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      if (!signal.aborted) log.named("bootstrap").warn(what, { error: errorMessage(error) });
      return false;
    }
  };
  const keep = async (): Promise<void> => {
    let work = () => lease.begin();
    let collectAtMs = clock.monotonic();
    while (!signal.aborted) {
      if (await attempt("the Lease of this API server cannot be kept", work)) work = () => lease.keep();
      if (clock.monotonic() >= collectAtMs) {
        collectAtMs = clock.monotonic() + COLLECT_MS;
        await attempt("Leases of API servers that are gone cannot be removed", () =>
          collectIdentityLeases(client, clock),
        );
      }
      await sleep(clock, PERIOD_MS, signal);
    }
  };
  const keeping = keep();
  return {
    async stop() {
      stopping.abort();
      await keeping;
      await lease.end();
    },
  };
}
