import type { Clock } from "../../base/clock.ts";
import { StoreUnavailableError } from "../store.ts";
import type { Connection } from "./connection.ts";
import { EtcdError } from "./errors.ts";
import type { WatchResponse } from "./messages.ts";

const TIMEOUT_MS = 3000;

/**
 * The revision at which etcd was compacted last, 0 when it never was. No call tells it; a watch from the beginning does:
 * it is refused with that number.
 */
export async function findCompactedRevision(
  connection: Connection,
  options: { key: Buffer; clock: Clock },
): Promise<number> {
  try {
    await connection.read("KV/Range", { key: options.key, revision: 1, count_only: true });
    return 0;
  } catch (error) {
    if (!(error instanceof EtcdError) || error.failure !== "compacted") throw error;
  }
  const { member } = await connection.member();
  const call = member.openWatch();
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      timer.cancel();
      call.removeAllListeners("data");
      call.cancel();
      settle();
    };
    const timer = options.clock.setTimer(() => {
      finish(() => reject(new StoreUnavailableError(`etcd at ${member.url} does not answer a watch`)));
    }, TIMEOUT_MS);
    call.on("error", (error: Error) => finish(() => reject(new StoreUnavailableError(error.message))));
    call.on("data", (response: WatchResponse) => {
      if (response.canceled) finish(() => resolve(response.compact_revision));
    });
    call.write({ create_request: { key: options.key, start_revision: 1 } });
  });
}
