import { isConflict, isNotFound } from "../api/status.ts";
import { errorMessage } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Metrics } from "../base/metrics.ts";
import { type SpanRing, withTrace } from "../base/trace.ts";
import { turnTime } from "../base/turn-time.ts";
import type { Informer, InformerSet } from "../client/informer.ts";
import type { Controller, ControllerDependencies, ControllerFactory } from "./reconciler.ts";
import { createWorkQueue, type WorkItem, type WorkQueue } from "./work-queue.ts";
import { workQueueMetrics } from "./work-queue-metrics.ts";

export interface RunControllersOptions {
  /** Name → factory, as in controllers/table.ts. */
  readonly factories: Readonly<Record<string, ControllerFactory>>;
  /** What the controller of that name is made from. Several may share an informer set. */
  dependenciesFor(name: string): ControllerDependencies;
  /** Stops everything. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Gets a span for each reconcile. */
  readonly spans?: SpanRing;
  /** Where queues are counted. */
  readonly metrics?: Metrics;
}

export interface RunningControllers {
  /**
   * Resolves once all controllers' informers have synced and their workers run (or the signal has aborted before that). A
   * controller whose objects cannot be read for long waits alone, and starts when they can be.
   */
  readonly started: Promise<void>;
  /** Resolves after the abort, when the last reconcile has ended and all watches are closed. */
  readonly stopped: Promise<void>;
}

/** Nobody waits longer for a controller whose objects cannot be read (a Secret whose key is lost). */
const START_LIMIT_MS = 10_000;

/** Makes all controllers, starts their informers, and works off their queues until the signal aborts. */
export function runControllers(options: RunControllersOptions): RunningControllers {
  const sets = new Set<InformerSet>();
  const runs = Object.entries(options.factories).map(([name, factory]) => {
    const dependencies = options.dependenciesFor(name);
    sets.add(dependencies.informers);
    const used: Informer<unknown>[] = [];
    const controller = factory({ ...dependencies, informers: noting(dependencies.informers, used) });
    return { name, dependencies, controller, used, hasBegun: false };
  });
  const started = Promise.withResolvers<void>();

  /** Begins when what it looks at has been read once, and resolves when it has ended. */
  async function worker(run: (typeof runs)[number], begun: () => void): Promise<void> {
    const { clock, log } = run.dependencies;
    const { signal, spans, metrics } = options;
    const synced = Promise.race([Promise.all(run.used.map((each) => each.synced)), aborted(signal)]);
    const ended = runController(run.controller, { clock, log, signal, spans, metrics, synced });
    await Promise.race([synced, ended]);
    run.hasBegun = true;
    begun();
    await ended;
  }

  async function run(): Promise<void> {
    const begun: Promise<void>[] = [];
    const workers = runs.map((each) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      begun.push(promise);
      return worker(each, resolve);
    });
    for (const set of sets) void set.start();
    const ended = Promise.all([aborted(options.signal), ...workers]);
    // What fails while others still wait is told below.
    ended.catch(() => {});
    const limit = runs[0]?.dependencies.clock.setTimer(() => {
      const waiting = runs.filter(({ hasBegun }) => !hasBegun).map(({ name }) => name);
      options.log.warn("some controllers wait for objects that cannot be read", { waiting });
      started.resolve();
    }, START_LIMIT_MS);
    await Promise.race([Promise.all(begun), started.promise]);
    limit?.cancel();
    started.resolve();
    await ended;
    await Promise.all(Array.from(sets, (set) => set.stop()));
    options.log.debug("controllers stopped", { count: runs.length });
  }

  // A start that waits for a first list must end with the signal too.
  if (options.signal.aborted) for (const set of sets) void set.stop();
  else options.signal.addEventListener("abort", () => sets.forEach((set) => void set.stop()), { once: true });
  return { started: started.promise, stopped: run() };
}

/** The same informers; those that somebody asks for are noted. */
function noting(set: InformerSet, used: Informer<unknown>[]): InformerSet {
  const note = <P>(informer: Informer<P>): Informer<P> => {
    used.push(informer);
    return informer;
  };
  return {
    informer: (resource, indexes) => note(set.informer(resource, indexes)),
    projected: (source) => note(set.projected(source)),
    start: () => set.start(),
    stop: () => set.stop(),
  };
}

export interface RunControllerOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly spans?: SpanRing | undefined;
  readonly metrics?: Metrics | undefined;
  /** Resolves when its informers have read everything once; absent when they have. */
  readonly synced?: Promise<unknown> | undefined;
}

/**
 * Runs one controller; resolves when the signal has aborted and its last reconcile has ended. It hears of what its informers read
 * while they read it (to tell it of a hundred thousand objects afterwards would be one long piece of work) and works on none
 * of it before they have synced.
 */
export async function runController(controller: Controller, options: RunControllerOptions): Promise<void> {
  const { clock, metrics } = options;
  const observer = metrics && workQueueMetrics(metrics, clock)(controller.name, () => queue);
  const queue: WorkQueue = createWorkQueue({ clock, observer });
  const stops = controller.sources.map((source) =>
    source.start((key, afterMs) => (afterMs === undefined ? queue.add(key) : queue.addAfter(key, afterMs))),
  );
  const stop = (): void => queue.stop();
  options.signal.addEventListener("abort", stop, { once: true });
  if (options.signal.aborted) stop();
  try {
    await options.synced;
    await Promise.all(Array.from({ length: controller.workers ?? 1 }, () => work({ controller, queue, options })));
  } finally {
    options.signal.removeEventListener("abort", stop);
    for (const end of stops) end();
  }
}

interface Worker {
  readonly controller: Controller;
  readonly queue: WorkQueue;
  readonly options: RunControllerOptions;
}

async function work(worker: Worker): Promise<void> {
  const time = turnTime(worker.options.clock);
  for (let item = await worker.queue.take(); item !== undefined; item = await worker.queue.take()) {
    worker.queue.done(item, await reconcile(worker, item));
    // In process, whole reconciles may run without a turn of the event loop; timers and sockets need one now and then.
    await time.pause();
  }
}

/** An object that changed, then went, while a reconcile was at work on it. What is still not found after that is worth a word. */
const RACES_IN_A_ROW = 2;

/** Answers how long the key rests. */
async function reconcile({ controller, queue, options }: Worker, item: WorkItem): Promise<number> {
  const { key } = item;
  const once = () => controller.reconcile(key, options.signal);
  try {
    const result = await withTrace(item.cause, () =>
      options.spans === undefined ? once() : options.spans.within(`reconcile ${controller.name}`, once, { key }),
    );
    queue.forget(key);
    if (result?.requeueAfterMs !== undefined) queue.addAfter(key, result.requeueAfterMs);
    return result?.restMs ?? 0;
  } catch (error) {
    if (options.signal.aborted) return 0;
    // These only say that the cache was behind: the retry sees the newer object, or that it is gone.
    const isBehind = isConflict(error) || (isNotFound(error) && queue.failures(key) < RACES_IN_A_ROW);
    const level = isBehind ? "debug" : "warn";
    options.log[level]("reconcile failed, will retry", {
      controller: controller.name,
      key,
      failures: queue.failures(key) + 1,
      error: errorMessage(error),
    });
    queue.addRateLimited(key);
    return 0;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
