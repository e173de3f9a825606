import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { ShortLivedMap } from "../../base/short-lived-map.ts";
import { nextTurn } from "../../base/turn.ts";
import { StoreUnavailableError, type WriteResult } from "../store.ts";
import type { CommitLog } from "./commit-log.ts";
import type { Change, VersionedMap } from "./versioned-map.ts";

const MAXIMUM_QUEUED_WRITES = 100_000;
const MAXIMUM_QUEUED_BYTES = 256 * 1024 * 1024;
/** One transaction holds no more, so that neither a commit nor taking it in blocks for long. */
const MAXIMUM_BATCH_WRITES = 2000;
const MAXIMUM_BATCH_BYTES = 8 * 1024 * 1024;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

export interface CommitQueueOptions {
  clock: Clock;
  log: CommitLog;
  logger: Logger;
  map: VersionedMap;
  /** Takes in a batch that is durable: map, watchers, timers. */
  committed(changes: readonly Change[]): void;
}

interface QueuedWrite {
  readonly change: Change;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Group commit: what arrives while one transaction is on its way to the disk goes into the next one. Nothing is applied
 * or acknowledged before its transaction is durable.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #stopping = new AbortController();
  #queue: QueuedWrite[] = [];
  #queuedBytes = 0;
  /** Writes that are not decided yet, by key. */
  readonly #undecided = new ShortLivedMap<string, Promise<unknown>>();
  #commit: Promise<void> | undefined;
  #flushScheduled = false;
  #unavailable: StoreUnavailableError | undefined;
  #recovery: Promise<void> | undefined;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  /** Why nothing can be written now; undefined when all is well. */
  get unavailable(): StoreUnavailableError | undefined {
    return this.#unavailable;
  }

  /** Resolves when the write under way on this key is decided; undefined when there is none. */
  undecided(key: string): Promise<unknown> | undefined {
    return this.#undecided.get(key);
  }

  /** Queues a change of a key that has no undecided write. */
  submit(change: Change): Promise<WriteResult> {
    const bytes = change.value?.length ?? 0;
    if (this.#queue.length >= MAXIMUM_QUEUED_WRITES || this.#queuedBytes + bytes > MAXIMUM_QUEUED_BYTES) {
      return Promise.reject(new StoreUnavailableError("too many writes wait for the disk; try again later"));
    }
    this.#queuedBytes += bytes;
    const written = new Promise<WriteResult>((resolve, reject) => {
      this.#queue.push({ change, resolve, reject });
    });
    this.#undecided.set(
      change.key,
      written.catch(() => undefined),
    );
    this.#scheduleFlush();
    return written;
  }

  /** Waits for the writes under way, then refuses all others. */
  async close(): Promise<void> {
    while (this.#commit !== undefined || this.#queue.length > 0) {
      this.#flush();
      await this.#commit;
    }
    this.#unavailable = new StoreUnavailableError("the store is closed");
    this.#stopping.abort();
    await this.#recovery;
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#commit !== undefined) return;
    this.#flushScheduled = true;
    // After the promise callbacks of this turn: all writers that the last commit woke get into the next one.
    process.nextTick(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#commit !== undefined || this.#queue.length === 0) return;
    this.#commit = this.#commitBatch(this.#takeBatch()).finally(() => {
      this.#commit = undefined;
      if (this.#queue.length > 0) void this.#flushAfterTurn();
    });
  }

  /** Who writes much writes on when it hears of a commit: what comes in this turn of the event loop goes along. */
  async #flushAfterTurn(): Promise<void> {
    await nextTurn();
    this.#flush();
  }

  async #commitBatch(batch: readonly QueuedWrite[]): Promise<void> {
    const { log, map, committed } = this.#options;
    const changes = batch.map((write) => write.change);
    const firstRevision = map.revision + 1;
    try {
      await log.commit(changes, firstRevision);
    } catch (error) {
      this.#fail(batch, error);
      return;
    }
    for (const change of changes) this.#undecided.delete(change.key);
    committed(changes);
    batch.forEach((write, index) => {
      write.resolve({ revision: firstRevision + index });
    });
  }

  #takeBatch(): QueuedWrite[] {
    let count = 0;
    let bytes = 0;
    while (count < this.#queue.length && count < MAXIMUM_BATCH_WRITES && bytes < MAXIMUM_BATCH_BYTES) {
      bytes += this.#queue[count]!.change.value?.length ?? 0;
      count++;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  #fail(batch: readonly QueuedWrite[], cause: unknown): void {
    const { logger } = this.#options;
    const reason = errorMessage(cause);
    logger.error("cannot write to the disk; reads go on, writes are refused until it works again", { reason });
    this.#unavailable = new StoreUnavailableError(`the store cannot write: ${reason}`, { cause });
    const rejected = [...batch, ...this.#queue];
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const write of rejected) {
      this.#undecided.delete(write.change.key);
      write.reject(this.#unavailable);
    }
    this.#recovery ??= this.#recover().finally(() => {
      this.#recovery = undefined;
    });
  }

  async #recover(): Promise<void> {
    const { clock, log, logger } = this.#options;
    const signal = this.#stopping.signal;
    for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(delayMs * 2, LAST_RETRY_MS)) {
      await sleep(clock, delayMs, signal);
      if (signal.aborted) return;
      try {
        await log.recover();
        this.#unavailable = undefined;
        logger.info("the disk can be written again");
        return;
      } catch (error) {
        logger.debug("the disk cannot be written yet", { error });
      }
    }
  }
}
