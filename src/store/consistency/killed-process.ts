import { MessageChannel } from "node:worker_threads";
import { sleep, systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { openEmbeddedStore } from "../embedded/embedded-store.ts";
import { runWorkload } from "./workload.ts";
import { writeLine } from "./write-line.ts";

/** A process that is made to be killed: clients work on a store, and each operation is a line when it begins and ends. */
const [directory = "", prefix = "", seed = "1"] = process.argv.slice(2);
/** The clock's timers do not keep a process alive; an open port does. */
const alive = new MessageChannel().port1;
alive.on("message", () => {});
const store = await openEmbeddedStore({ directory, clock: systemClock, log: silentLogger });
await runWorkload(store, {
  prefix,
  random: seededRandom(Number(seed)),
  keys: 6,
  clients: 6,
  operationsAClient: 100_000,
  watches: 2,
  compacts: false,
  pause: () => sleep(systemClock, 20),
  note: writeLine,
});
