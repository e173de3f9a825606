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
export function storeConformance(name: string, open: OpenStore, engine: { readonly isDurable: boolean }): void {
  describe(`${name} keeps the store's contract`, () => {
    writeCases(open);
    readCases(open);
    watchCases(open);
    compactionCases(open);
    timeToLiveCases(open);
    concurrencyCases(open);
    if (engine.isDurable) reopenCases(open);
  });
}
