import { hostname } from "node:os";
import { errorMessage } from "../base/assert.ts";
import { sleep } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Client } from "../client/client.ts";
import { runLeaderElection } from "../client/leader-election.ts";
import type { Running } from "./components.ts";
import type { Environment } from "./environment.ts";
import type { Started } from "./stop.ts";

/** Candidates look so often: a leader that dies is followed when its 15 s are over, as they have seen them begin. */
const CANDIDATE_PERIOD_MS = 1000;
/** After work that failed for good. */
const AGAIN_MS = 5000;

export interface LedWork {
  /** Name of its Lease in kube-system, as upstream's. */
  readonly lease: string;
  readonly client: Client;
  readonly log: Logger;
  start(): Promise<Running>;
}

/**
 * Work that one of all servers does at a time. It begins where the Lease is held, ends where it is lost, and goes to another
 * server at once when this one stops.
 */
export function startLed(work: LedWork, { clock, random }: Environment): Started {
  const stopping = new AbortController();
  const identity = `${hostname()}_${random.uuid()}`;
  const compete = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await runLeaderElection({
          client: work.client,
          clock,
          random,
          log: work.log,
          lease: { namespace: "kube-system", name: work.lease },
          identity,
          candidatePeriodMs: CANDIDATE_PERIOD_MS,
          signal: stopping.signal,
          lead: (signal) => lead(work, signal),
        });
      } catch (error) {
        work.log.error("the work of the leader ended with an error; it begins again", { error: errorMessage(error) });
        await sleep(clock, AGAIN_MS, stopping.signal);
      }
    }
  };
  const competing = compete();
  return {
    async stop() {
      stopping.abort();
      await competing;
    },
  };
}

async function lead(work: LedWork, signal: AbortSignal): Promise<void> {
  const running = await work.start();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await running.stop();
}
