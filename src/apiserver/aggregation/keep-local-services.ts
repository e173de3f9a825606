import type { APIService } from "../../api/generated/apiregistration.k8s.io/v1.ts";
import { apiServices } from "../../api/generated/resources.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Transport } from "../../client/transport.ts";
import type { ObjectReader } from "../reader.ts";
import { type GroupVersion, planLocalServices } from "./local-services.ts";

/** Definitions come in groups: one look for all of them. */
const SETTLE_MS = 200;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;
const PATH = "/apis/apiregistration.k8s.io/v1/apiservices";

/**
 * Keeps an APIService for each group-version that this server serves, until the signal aborts. With several API servers each
 * does so; they want the same.
 */
export async function keepLocalServices(options: {
  served: () => readonly GroupVersion[];
  /** Groups whose definitions cannot be read now: theirs stay. */
  unread: () => ReadonlySet<string>;
  /** Calls back when something else is served. Answers how to stop. */
  subscribe: (listener: () => void) => () => void;
  reader: ObjectReader;
  transport: () => Transport;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  /** Called when all are there. */
  written: () => void;
}): Promise<void> {
  const { clock, log, signal } = options;
  let settleMs = 0;
  let changed = Promise.withResolvers<void>();
  const unsubscribe = options.subscribe(() => changed.resolve());
  const stop = (): void => changed.resolve();
  signal.addEventListener("abort", stop);
  try {
    for (let retryMs = FIRST_RETRY_MS; !signal.aborted; ) {
      changed = Promise.withResolvers<void>();
      if (settleMs > 0) await sleep(clock, settleMs, signal);
      settleMs = SETTLE_MS;
      if (signal.aborted) return;
      try {
        await writeLocalServices(options);
        options.written();
        retryMs = FIRST_RETRY_MS;
        if (!signal.aborted) await changed.promise;
      } catch (error) {
        if (signal.aborted) return;
        log.warn("cannot write the APIServices of this server", { error: errorMessage(error), retryMs });
        await sleep(clock, retryMs, signal);
        retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
      }
    }
  } finally {
    unsubscribe();
    signal.removeEventListener("abort", stop);
  }
}

async function writeLocalServices(options: {
  served: () => readonly GroupVersion[];
  unread: () => ReadonlySet<string>;
  reader: ObjectReader;
  transport: () => Transport;
}): Promise<void> {
  const { served, reader, transport } = options;
  const plan = planLocalServices(served(), await reader.list<APIService>(apiServices), options.unread());
  const create = async (wanted: APIService): Promise<void> => {
    const body = { apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", ...wanted };
    await transport().request({ method: "POST", path: PATH, body }).catch(unless(isAlreadyExists));
  };
  await Promise.all(plan.create.map(create));
  for (const name of plan.remove) {
    await transport()
      .request({ method: "DELETE", path: `${PATH}/${name}` })
      .catch(unless(isNotFound));
  }
}

function unless(isHarmless: (error: unknown) => boolean): (error: unknown) => void {
  return (error) => {
    if (!isHarmless(error)) throw error;
  };
}
