import type { ClientDuplexStream } from "@grpc/grpc-js";
import { type Clock, sleep, type Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { CompactedError, FutureRevisionError, type WatchBatch, type WatchRequest } from "../store.ts";
import type { HistoryStart } from "./compaction.ts";
import type { Connection } from "./connection.ts";
import { EtcdError, etcdError } from "./errors.ts";
import { EVERYTHING, type KeySpace, prefixRange } from "./keys.ts";
import type { Member } from "./member.ts";
import type { WatchResponse } from "./messages.ts";
import type { OwnWrites } from "./own-writes.ts";
import type { Quorum } from "./quorum.ts";
import { hasSoundProgress } from "./version.ts";
import { WatchAssembly } from "./watch-batches.ts";

/** A stream on which nothing was heard for so long is asked for a sign of life … */
const QUIET_MS = 1000;
/** … and given up after so many questions without an answer: its member is stuck, or the way to it. */
const QUESTIONS_MAX = 3;
/** How soon, and how often, progress is asked for while somebody waits for it. */
const PROGRESS_MS = 20;
const PROGRESS_AGAIN_MS = 100;
/** After a stream that gave nothing: each time twice as long. */
const RECONNECT_MS = 50;
const RECONNECT_MAX_MS = 2000;
/** Events that wait for a slow consumer before etcd is asked to hold back. */
const QUEUED_EVENTS_MAX = 5000;

export interface WatcherContext {
  readonly connection: Connection;
  readonly quorum: Quorum;
  readonly history: HistoryStart;
  readonly keys: KeySpace;
  readonly ownWrites: OwnWrites;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One stream to one member. */
interface Stream {
  readonly call: ClientDuplexStream<unknown, unknown>;
  readonly member: Member;
  readonly trustsProgress: boolean;
  readonly assembly: WatchAssembly;
  readonly ended: PromiseWithResolvers<"again" | "over">;
  unanswered: number;
  isPaused: boolean;
}

/**
 * One watch, over as many streams as it takes: each begins where the last one ended. It starts one revision early and leaves
 * out what it has, because only so does etcd tell that the history right after its cursor is whole.
 *
 * With a member whose progress can be believed, the stream has the prefix only. With an older one it has all keys: there each
 * revision is an event, so events alone say how far it is.
 */
export class Watcher {
  readonly #context: WatcherContext;
  readonly #prefix: Buffer;
  readonly #stopped: (watcher: Watcher) => void;
  readonly #ending = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #queue: WatchBatch[] = [];
  #queuedEvents = 0;
  #waiting: PromiseWithResolvers<IteratorResult<WatchBatch>> | undefined;
  #error: unknown;
  #cursor: number;
  #wanted = 0;
  #progressTimer: Timer | undefined;
  #stream: Stream | undefined;
  #isStarted = false;
  /** Streams in a row that gave nothing. */
  #failures = 0;

  constructor(request: WatchRequest, context: WatcherContext, stopped: (watcher: Watcher) => void) {
    this.#context = context;
    this.#prefix = context.keys.toEtcd(request.prefix);
    this.#cursor = request.afterRevision;
    this.#stopped = stopped;
    this.#signal = request.signal;
    request.signal?.addEventListener("abort", this.end);
    if (request.signal?.aborted === true) this.end();
  }

  /** Ends the watch; its consumer gets the end at once. */
  readonly end = (): void => this.#finish(undefined);

  async next(): Promise<IteratorResult<WatchBatch>> {
    if (!this.#isStarted && !this.#ending.signal.aborted) {
      this.#isStarted = true;
      void this.#run();
    }
    const batch = this.#take();
    if (batch !== undefined) return { done: false, value: batch };
    if (this.#ending.signal.aborted) return this.#last();
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** Somebody waits for the watch to get here. */
  want(revision: number): void {
    if (revision <= this.#wanted) return;
    this.#wanted = revision;
    if (this.#cursor >= revision || this.#progressTimer !== undefined) return;
    this.#progressTimer = this.#context.clock.setTimer(() => this.#askProgress(), PROGRESS_MS);
  }

  async #run(): Promise<void> {
    const { connection, clock, log } = this.#context;
    try {
      await checkStart(this.#context, this.#cursor);
      while (!this.#ending.signal.aborted) {
        try {
          if ((await this.#followOnce()) === "over") return;
        } catch (error) {
          if (!(error instanceof EtcdError)) throw error;
          if (error.failure === "refused") log.error("a watch is refused and tried again", { error: error.message });
        }
        if (connection.isClosed) return this.end();
        const pauseMs = Math.min(RECONNECT_MAX_MS, RECONNECT_MS * 2 ** this.#failures++);
        await sleep(clock, pauseMs, this.#ending.signal);
      }
    } catch (error) {
      this.#finish(error);
    }
  }

  async #followOnce(): Promise<"again" | "over"> {
    const { connection, clock, keys, ownWrites } = this.#context;
    const { member, version } = await connection.member();
    if (this.#ending.signal.aborted) return "over";
    const trustsProgress = hasSoundProgress(version);
    const stream: Stream = {
      call: member.openWatch(),
      member,
      trustsProgress,
      assembly: new WatchAssembly({ keys, ownWrites, prefix: this.#prefix, trustsProgress, cursor: this.#cursor }),
      ended: Promise.withResolvers(),
      unanswered: 0,
      isPaused: false,
    };
    this.#stream = stream;
    stream.call.on("error", (error: Error) => this.#broken(stream, error));
    stream.call.on("end", () => stream.ended.resolve("again"));
    stream.call.on("data", (response: WatchResponse) => this.#takeIn(stream, response));
    const range = trustsProgress ? prefixRange(this.#prefix) : EVERYTHING;
    const start = { start_revision: Math.max(1, this.#cursor), progress_notify: true, prev_kv: true, fragment: true };
    stream.call.write({ create_request: { ...range, ...start } });
    let pulse = clock.setTimer(feel, QUIET_MS);
    const watcher = this;
    function feel(): void {
      watcher.#feelPulse(stream);
      pulse = clock.setTimer(feel, QUIET_MS);
    }
    const end = (): void => stream.ended.resolve("over");
    this.#ending.signal.addEventListener("abort", end);
    try {
      return await stream.ended.promise;
    } finally {
      pulse.cancel();
      this.#ending.signal.removeEventListener("abort", end);
      this.#stream = undefined;
      stream.call.removeAllListeners("data");
      stream.call.cancel();
    }
  }

  #takeIn(stream: Stream, response: WatchResponse): void {
    const { connection, history, log } = this.#context;
    if (this.#stream !== stream || this.#ending.signal.aborted) return;
    stream.unanswered = 0;
    try {
      if (response.compact_revision > 0) {
        history.note(response.compact_revision);
        throw new CompactedError(this.#cursor, response.compact_revision);
      }
      if (response.canceled) {
        connection.leave(stream.member, `it ended a watch: ${response.cancel_reason}`);
        if (this.#failures > 0) log.error("etcd refuses a watch", { reason: response.cancel_reason });
        stream.ended.resolve("again");
        return;
      }
      const batch = stream.assembly.take(response);
      if (batch === undefined) return;
      this.#failures = 0;
      connection.noteRevision(batch.revision);
      this.#cursor = batch.revision;
      this.#offer(batch);
    } catch (error) {
      stream.ended.resolve("over");
      this.#finish(error);
    }
  }

  #broken(stream: Stream, error: Error): void {
    if (this.#stream === stream && !this.#ending.signal.aborted) {
      this.#context.connection.leave(stream.member, etcdError(error, stream.member.url).message);
    }
    stream.ended.resolve("again");
  }

  #feelPulse(stream: Stream): void {
    if (stream.isPaused) return;
    if (stream.unanswered >= QUESTIONS_MAX) {
      this.#context.connection.leaveStuck(stream.member, "it does not answer");
      stream.ended.resolve("again");
      return;
    }
    stream.unanswered++;
    stream.call.write({ progress_request: {} });
  }

  #askProgress(): void {
    this.#progressTimer = undefined;
    if (this.#ending.signal.aborted || this.#cursor >= this.#wanted) return;
    const stream = this.#stream;
    if (stream?.trustsProgress === true && !stream.isPaused) stream.call.write({ progress_request: {} });
    this.#progressTimer = this.#context.clock.setTimer(() => this.#askProgress(), PROGRESS_AGAIN_MS);
  }

  #offer(batch: WatchBatch): void {
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      waiting.resolve({ done: false, value: batch });
      return;
    }
    // What only says how far the watch is, is said by what comes after it.
    if (this.#queue.at(-1)?.events.length === 0) this.#queue.pop();
    this.#queue.push(batch);
    this.#queuedEvents += batch.events.length;
    this.#holdBack();
  }

  #take(): WatchBatch | undefined {
    const batch = this.#queue.shift();
    if (batch === undefined) return undefined;
    this.#queuedEvents -= batch.events.length;
    this.#holdBack();
    return batch;
  }

  #holdBack(): void {
    const stream = this.#stream;
    if (stream === undefined) return;
    if (!stream.isPaused && this.#queuedEvents > QUEUED_EVENTS_MAX) {
      stream.isPaused = true;
      stream.call.pause();
    } else if (stream.isPaused && this.#queuedEvents <= QUEUED_EVENTS_MAX / 2) {
      stream.isPaused = false;
      stream.unanswered = 0;
      stream.call.resume();
    }
  }

  #finish(error: unknown): void {
    if (this.#ending.signal.aborted) return;
    this.#error = error;
    this.#signal?.removeEventListener("abort", this.end);
    this.#progressTimer?.cancel();
    this.#ending.abort();
    // A consumer that was told to stop wants nothing more; one whose history is gone first gets what came before.
    if (error === undefined) this.#queue.length = 0;
    this.#stopped(this);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    if (error === undefined) waiting.resolve({ done: true, value: undefined });
    else {
      this.#error = undefined;
      waiting.reject(error);
    }
  }

  #last(): IteratorResult<WatchBatch> {
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }
}

/** @throws CompactedError, FutureRevisionError when no watch can start here */
export async function checkStart(
  { connection, history, quorum }: WatcherContext,
  afterRevision: number,
): Promise<void> {
  history.check(afterRevision);
  if (afterRevision <= connection.revision) return;
  const revision = await quorum.revision();
  if (afterRevision <= revision) return;
  throw new FutureRevisionError(`revision ${afterRevision} is not there yet; the latest is ${revision}`);
}
