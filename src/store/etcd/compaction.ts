import type { Clock } from "../../base/clock.ts";
import { CompactedError, FutureRevisionError } from "../store.ts";
import type { Connection } from "./connection.ts";
import { EtcdError } from "./errors.ts";
import { findCompactedRevision } from "./history-start.ts";
import type { WithHeader } from "./messages.ts";

/** What is known of the history's beginning, which any program that uses etcd may move. */
export class HistoryStart {
  readonly #connection: Connection;
  readonly #look: { key: Buffer; clock: Clock };
  #revision = 0;
  #looking: Promise<number> | undefined;

  constructor(connection: Connection, look: { key: Buffer; clock: Clock }) {
    this.#connection = connection;
    this.#look = look;
  }

  get revision(): number {
    return this.#revision;
  }

  note(revision: number): void {
    if (revision > this.#revision) this.#revision = revision;
  }

  /** @throws CompactedError when it is known that this revision is gone */
  check(revision: number): void {
    if (revision < this.#revision) throw new CompactedError(revision, this.#revision);
  }

  /** Asks etcd; who asks meanwhile shares the answer. */
  look(): Promise<number> {
    this.#looking ??= findCompactedRevision(this.#connection, this.#look)
      .then((revision) => {
        this.note(revision);
        return this.#revision;
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /** Forgets versions that were replaced at or before `revision`, for everybody. @throws FutureRevisionError */
  async compact(revision: number): Promise<void> {
    if (revision <= this.#revision) return;
    try {
      await this.#connection.read<WithHeader>("KV/Compact", { revision });
      this.note(revision);
    } catch (error) {
      const failure = error instanceof EtcdError ? error.failure : undefined;
      if (failure === "future") throw new FutureRevisionError(`revision ${revision} is not there yet`);
      if (failure !== "compacted") throw error;
      await this.look();
    }
  }
}
