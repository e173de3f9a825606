import { errorMessage, invariant } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { ShortLivedMap } from "../../base/short-lived-map.ts";
import { nextTurn } from "../../base/turn.ts";
import { StoreUnavailableError, type WriteResult } from "../store.ts";
import type { CommitLog } from "./commit-log.ts";
import type { Change, VersionedMap } from "./versioned-map.ts";

const MAXIMUM_QUEUED_WRITES = 100_000;
const MAXIMUM_QUEUED_BYTES = 256 * 1024 * 1024;
/** So many are on their way to the disk at once, so that neither a transaction nor taking it in blocks for long. */
const MAXIMUM_WRITES_UNDER_WAY = 2000;
const MAXIMUM_BYTES_UNDER_WAY = 8 * 1024 * 1024;
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
 * Group commit: what arrives in one turn of the event loop goes to the log together, whether or not the log has done what it was
 * given before; how much of it becomes one transaction is the log's to say. Nothing is applied or acknowledged before it is durable.
 */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #stopping = new AbortController();
  #queue: QueuedWrite[] = [];
  #queuedBytes = 0;
  /** Writes that are not decided yet, by key. */
  readonly #undecided = new ShortLivedMap<string, Promise<unknown>>();
  /** What the log has been given and has not decided. */
  readonly #underWay = { batches: 0, writes: 0, bytes: 0, lastRevision: 0 };
  /** Resolves when the log has decided all that it was given by now. */
  #lastCommit: Promise<void> = Promise.resolve();
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

  /** Settled when the write under way on this key is decided, as that was; undefined when there is none. */
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
    this.#undecided.set(change.key, written);
    this.#scheduleFlush();
    return written;
  }

  /** Waits for the writes under way, then refuses all others. */
  async close(): Promise<void> {
    while (this.#underWay.batches > 0 || this.#queue.length > 0) {
      this.#flush();
      await this.#lastCommit;
    }
    this.#unavailable = new StoreUnavailableError("the store is closed");
    this.#stopping.abort();
    await this.#recovery;
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    const flush = (): void => {
      this.#flushScheduled = false;
      this.#flush();
    };
    // After the promise callbacks of this turn: all who write now go together. While the log works there is time for the whole turn.
    if (this.#underWay.batches === 0) process.nextTick(flush);
    else void nextTurn().then(flush);
  }

  /** Gives the log what it may have. What stays in the queue is given when it has decided something. */
  #flush(): void {
    const underWay = this.#underWay;
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      if (batch.length === 0) return;
      const firstRevision = (underWay.batches === 0 ? this.#options.map.revision : underWay.lastRevision) + 1;
      underWay.lastRevision = firstRevision + batch.length - 1;
      this.#lastCommit = this.#commitBatch(batch, firstRevision);
    }
  }

  async #commitBatch(batch: readonly QueuedWrite[], firstRevision: number): Promise<void> {
    const { log, map, committed } = this.#options;
    const changes = batch.map((write) => write.change);
    const bytes = bytesOf(batch);
    this.#underWay.batches++;
    this.#underWay.writes += batch.length;
    this.#underWay.bytes += bytes;
    try {
      await log.commit(changes, firstRevision);
      invariant(firstRevision === map.revision + 1, "the log decides in the order in which it was given the commits");
    } catch (error) {
      this.#fail(batch, error);
      return;
    } finally {
      this.#underWay.batches--;
      this.#underWay.writes -= batch.length;
      this.#underWay.bytes -= bytes;
      if (this.#queue.length > 0) this.#scheduleFlush();
    }
    for (const change of changes) this.#undecided.delete(change.key);
    committed(changes);
    batch.forEach((write, index) => {
      write.resolve({ revision: firstRevision + index });
    });
  }

  /** As much of the queue as may be under way; nothing when that is reached. One write may always be. */
  #takeBatch(): QueuedWrite[] {
    const { batches, writes, bytes } = this.#underWay;
    let count = 0;
    let more = 0;
    while (count < this.#queue.length && writes + count < MAXIMUM_WRITES_UNDER_WAY) {
      const size = this.#queue[count]!.change.value?.length ?? 0;
      if (bytes + more + size > MAXIMUM_BYTES_UNDER_WAY && batches + count > 0) break;
      more += size;
      count++;
    }
    this.#queuedBytes -= more;
    return this.#queue.splice(0, count);
  }

  #fail(batch: readonly QueuedWrite[], cause: unknown): void {
    const { logger } = this.#options;
    const reason = errorMessage(cause);
    // What is under way behind it fails as well, for the same reason.
    if (this.#recovery === undefined) {
      logger.error("cannot write to the disk; reads go on, writes are refused until it works again", { reason });
    }
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

function bytesOf(batch: readonly QueuedWrite[]): number {
  return batch.reduce((sum, { change }) => sum + (change.value?.length ?? 0), 0);
}
