import { writeSync } from "node:fs";
import { MessageChannel } from "node:worker_threads";
import { sleep, systemClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/log.ts";
import { StoreUnavailableError } from "../../store.ts";
import { openEmbeddedStore } from "../embedded-store.ts";

/** Writes one key after the other and says on standard output what came of each; tries again what was refused. */
const WRITES = 20;

/** The clock's timers do not keep a process alive; an open port does. */
const alive = new MessageChannel().port1;
alive.on("message", () => {});
const [directory = ""] = process.argv.slice(2);
const store = await openEmbeddedStore({ directory, clock: systemClock, log: silentLogger });
for (let index = 0; index < WRITES; ) {
  try {
    const { revision } = await store.create(`/key/${index}`, Buffer.from(`value ${index}`));
    writeSync(1, `acknowledged ${index} ${revision}\n`);
    index++;
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    const readable = (await store.list({ prefix: "/" })).items.length;
    writeSync(1, `refused ${index} readable ${readable}: ${error.message}\n`);
    await sleep(systemClock, 200);
  }
}
await store.close();
alive.close();
