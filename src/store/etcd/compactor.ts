import { errorMessage } from "../../base/assert.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { HistoryStart } from "./compaction.ts";
import type { Connection } from "./connection.ts";
import { EQUAL, TARGET_VERSION, type TxnResponse } from "./messages.ts";

/** Upstream's own key and protocol (storage/etcd3/compact.go), so that its API servers and these take turns. */
const KEY = Buffer.from("compact_rev_key");

export interface CompactorOptions {
  readonly connection: Connection;
  readonly history: HistoryStart;
  readonly clock: Clock;
  readonly log: Logger;
  /** kube-apiserver --etcd-compaction-interval: history is kept for once to twice this time. */
  readonly intervalMs: number;
}

/**
 * Compacts etcd, on one of all servers at a time: each interval one of them gets to raise the version of a key, and forgets what
 * was replaced before the revision that etcd had an interval ago. The others see that it was done.
 */
export class Compactor {
  readonly #options: CompactorOptions;
  #timer: Timer | undefined;
  #isStopped = false;
  /** Version of the key, and etcd's revision, when this server looked last. */
  #turn = 0;
  #revision = 0;

  constructor(options: CompactorOptions) {
    this.#options = options;
    this.#wait();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** One turn. Answers the revision that was compacted by this server, if it was its turn. */
  async takeTurn(): Promise<number | undefined> {
    const { connection, history } = this.#options;
    const revision = this.#revision;
    const response = await connection.attempt<TxnResponse>("KV/Txn", {
      compare: [{ result: EQUAL, target: TARGET_VERSION, key: KEY, version: this.#turn }],
      success: [{ request_put: { key: KEY, value: Buffer.from(String(revision)) } }],
      failure: [{ request_range: { key: KEY } }],
    });
    this.#revision = response.header.revision;
    if (!response.succeeded) {
      this.#turn = response.responses[0]?.response_range?.kvs[0]?.version ?? 0;
      return undefined;
    }
    this.#turn++;
    if (revision === 0) return undefined;
    await history.compact(revision);
    return revision;
  }

  #wait(): void {
    if (!this.#isStopped) {
      this.#timer = this.#options.clock.setTimer(() => void this.#compact(), this.#options.intervalMs);
    }
  }

  async #compact(): Promise<void> {
    const { log } = this.#options;
    try {
      const revision = await this.takeTurn();
      if (revision !== undefined) log.info("history was compacted", { revision });
    } catch (error) {
      log.warn("history was not compacted", { error: errorMessage(error) });
    }
    this.#wait();
  }
}
