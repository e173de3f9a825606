import { describe } from "node:test";
import { compactionCases } from "./conformance/compaction.ts";
import { concurrencyCases } from "./conformance/concurrency.ts";
import type { OpenStore } from "./conformance/harness.ts";
import { readCases } from "./conformance/reads.ts";
import { reopenCases } from "./conformance/reopen.ts";
import { timeToLiveCases } from "./conformance/time-to-live.ts";
import { watchCases } from "./conformance/watches.ts";
import { writeCases } from "./conformance/writes.ts";

/**
 * The contract of store.ts as tests, the same for every engine. Each case opens a store of its own. What must survive closing
 * is asked of engines that keep something.
 */
export function storeConformance(
  name: string,
  open: OpenStore,
  engine: {
    readonly isDurable: boolean;
    /** So many cases at the same time: for engines whose time is the machine's. */
    readonly concurrency?: number;
    /** Why it cannot be tested here. */
    readonly skip?: string | false;
  },
): void {
  const { concurrency = 1, skip = false } = engine;
  describe(`${name} keeps the store's contract`, { concurrency, skip }, () => {
    writeCases(open);
    readCases(open);
    watchCases(open);
    compactionCases(open);
    timeToLiveCases(open);
    concurrencyCases(open);
    if (engine.isDurable) reopenCases(open);
  });
}
