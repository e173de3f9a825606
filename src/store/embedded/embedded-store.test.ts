import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { storeConformance } from "../conformance.ts";
import type { Store } from "../store.ts";
import { openEmbeddedStore } from "./embedded-store.ts";

storeConformance(
  "the embedded engine",
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "wherry-store-"));
    const clock = new VirtualClock();
    const open = (): Promise<Store> => openEmbeddedStore({ directory, clock, log: silentLogger });
    let current = await open();
    return {
      store: current,
      async passSeconds(seconds) {
        await clock.advance(seconds * 1000);
        // Expiries are written by a thread, which no virtual clock waits for; a write of ours comes after them.
        const { revision } = await current.create("~barrier", Buffer.from("x"));
        await current.delete("~barrier", revision);
      },
      async reopen() {
        await current.close();
        current = await open();
        return current;
      },
      async dispose() {
        await current.close();
        await rm(directory, { recursive: true });
      },
    };
  },
  { isDurable: true },
);
