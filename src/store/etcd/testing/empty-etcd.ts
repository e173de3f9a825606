import { systemClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/log.ts";
import { systemRandom } from "../../../base/random.ts";
import { Connection } from "../connection.ts";
import { endpointTargets } from "../endpoint.ts";
import { EVERYTHING } from "../keys.ts";

/** Removes every key of an etcd. */
export async function emptyEtcd(servers: readonly string[]): Promise<void> {
  const connection = await Connection.open({
    endpoints: endpointTargets({ servers }),
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
  });
  await connection.read("KV/DeleteRange", EVERYTHING);
  connection.close();
}
