import { StoreUnavailableError } from "../store.ts";
import type { Connection } from "./connection.ts";
import type { RangeResponse } from "./messages.ts";

/**
 * Asks etcd how far it is, by a linearizable read that fetches nothing. Who asks while a question is under way shares the
 * next one: the one under way may have been answered before they asked.
 */
export class Quorum {
  readonly #connection: Connection;
  readonly #key: Buffer;
  #running: Promise<number> | undefined;
  #next: Promise<number> | undefined;

  /** @param key any key that may be read; nothing need be there */
  constructor(connection: Connection, key: Buffer) {
    this.#connection = connection;
    this.#key = key;
  }

  /** The revision as of now. @throws StoreUnavailableError */
  revision(): Promise<number> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.#start();
      });
    return this.#next;
  }

  #start(): Promise<number> {
    const running = this.#ask().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #ask(): Promise<number> {
    const known = this.#connection.revision;
    const request = { key: this.#key, count_only: true };
    const { header } = await this.#connection.read<RangeResponse>("KV/Range", request);
    if (header.revision >= known) return header.revision;
    throw new StoreUnavailableError(
      `etcd has gone back from revision ${known} to ${header.revision}: it was restored from a backup. Restart every API server`,
    );
  }
}
