import type { WatchBatch, WatchRequest } from "../store.ts";
import type { Trunk } from "./trunk.ts";
import { checkStart, Watcher, type WatcherContext } from "./watcher.ts";

/**
 * A watch that is served from the trunk, and from etcd itself as long as it is before what the trunk keeps: at its start, or when
 * its consumer is slow.
 */
export class LocalWatch implements AsyncIterator<WatchBatch> {
  readonly #request: WatchRequest;
  readonly #context: WatcherContext;
  readonly #trunk: Trunk;
  readonly #stopped: (watch: LocalWatch) => void;
  #cursor: number;
  #own: Watcher | undefined;
  #wake: (() => void) | undefined;
  #isStarted = false;
  #isEnded = false;

  constructor(
    request: WatchRequest,
    from: { context: WatcherContext; trunk: Trunk },
    stopped: (watch: LocalWatch) => void,
  ) {
    this.#request = request;
    this.#context = from.context;
    this.#trunk = from.trunk;
    this.#stopped = stopped;
    this.#cursor = request.afterRevision;
    request.signal?.addEventListener("abort", this.end);
    if (request.signal?.aborted === true) this.end();
  }

  readonly end = (): void => {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#request.signal?.removeEventListener("abort", this.end);
    this.#own?.end();
    this.#wake?.();
    this.#stopped(this);
  };

  async next(): Promise<IteratorResult<WatchBatch>> {
    try {
      if (!this.#isStarted && !this.#isEnded) {
        this.#isStarted = true;
        await checkStart(this.#context, this.#cursor);
      }
      while (!this.#isEnded) {
        const batch = this.#isBehind() ? await this.#fromEtcd() : this.#trunk.read(this.#request.prefix, this.#cursor);
        if (this.#isEnded) break;
        if (batch !== undefined) {
          this.#cursor = batch.revision;
          return { done: false, value: batch };
        }
        if (!this.#isBehind()) await this.#change();
      }
      return { done: true, value: undefined };
    } catch (error) {
      this.end();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<WatchBatch>> {
    this.end();
    return { done: true, value: undefined };
  }

  #isBehind(): boolean {
    if (this.#cursor < this.#trunk.start) return true;
    this.#own?.end();
    this.#own = undefined;
    return false;
  }

  async #fromEtcd(): Promise<WatchBatch | undefined> {
    const { prefix } = this.#request;
    this.#own ??= new Watcher({ prefix, afterRevision: this.#cursor }, this.#context, () => {});
    this.#own.want(this.#trunk.start);
    const result = await this.#own.next();
    return result.done === true ? undefined : result.value;
  }

  async #change(): Promise<void> {
    let forget = (): void => {};
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      forget = this.#trunk.onChange(resolve);
    });
    this.#wake = undefined;
    forget();
  }
}
