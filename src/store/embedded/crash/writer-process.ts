import { createHash } from "node:crypto";
import { systemClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/log.ts";
import { type Random, seededRandom } from "../../../base/random.ts";
import { writeLine } from "../../consistency/write-line.ts";
import type { Store } from "../../store.ts";
import { openEmbeddedStore } from "../embedded-store.ts";
import type { Acknowledged } from "./report.ts";

/**
 * A process that is made to be killed: several clients write until then, and each acknowledged write is a line on standard
 * output before the client goes on.
 */
const CLIENTS = 8;
const KEYS_A_CLIENT = 20;
const COMPACT_EVERY = 97;

const [directory = "", seed = "1"] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const store = await openEmbeddedStore({ directory, clock: systemClock, log: silentLogger });
let writes = 0;
await Promise.all(Array.from({ length: CLIENTS }, (_, client) => writeForever(store, client)));

async function writeForever(target: Store, client: number): Promise<void> {
  for (;;) {
    const key = `/crash/${client}/${Math.floor(random.fraction() * KEYS_A_CLIENT)}`;
    writeLine(await writeOnce(target, key, random));
    if (++writes % COMPACT_EVERY === 0)
      await target.compact(Math.max(target.compactedRevision(), target.revision() - 50));
  }
}

async function writeOnce(target: Store, key: string, chance: Random): Promise<Acknowledged> {
  const current = await target.get(key);
  if (current !== undefined && chance.fraction() < 0.3) {
    return { key, revision: (await target.delete(key, current.revision)).revision };
  }
  const value = selfCheckingValue(key, chance);
  const digest = createHash("sha256").update(value).digest("hex");
  const { revision } =
    current === undefined ? await target.create(key, value) : await target.update(key, value, current.revision);
  return { key, revision, digest };
}

/** A value that names its key and ends with its own digest: half of one cannot pass for a whole. */
function selfCheckingValue(key: string, chance: Random): Buffer {
  const body = `${key}\n${"x".repeat(Math.floor(chance.fraction() * 6000))}${chance.uuid()}\n`;
  return Buffer.from(body + createHash("sha256").update(body).digest("hex"));
}
