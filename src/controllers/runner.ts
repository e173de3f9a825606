import { isConflict } from "../api/status.ts";
import { errorMessage } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Metrics } from "../base/metrics.ts";
import { type SpanRing, withTrace } from "../base/trace.ts";
import { nextTurn } from "../base/turn.ts";
import type { InformerSet } from "../client/informer.ts";
import type { Controller, ControllerDependencies, ControllerFactory } from "./reconciler.ts";
import { createWorkQueue, type WorkItem, type WorkQueue } from "./work-queue.ts";
import { workQueueMetrics } from "./work-queue-metrics.ts";

const RECONCILES_A_TURN = 20;

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
  /** Resolves once all informers have synced and the workers run (or the signal has aborted before that). */
  readonly started: Promise<void>;
  /** Resolves after the abort, when the last reconcile has ended and all watches are closed. */
  readonly stopped: Promise<void>;
}

/** Makes all controllers, starts their informers, and works off their queues until the signal aborts. */
export function runControllers(options: RunControllersOptions): RunningControllers {
  const sets = new Set<InformerSet>();
  const runs = Object.entries(options.factories).map(([name, factory]) => {
    const dependencies = options.dependenciesFor(name);
    sets.add(dependencies.informers);
    return { dependencies, controller: factory(dependencies) };
  });
  let started = (): void => {};
  const startedPromise = new Promise<void>((resolve) => {
    started = resolve;
  });

  async function run(): Promise<void> {
    await Promise.all(Array.from(sets, (set) => set.start()));
    const workers = options.signal.aborted
      ? []
      : runs.map(({ controller, dependencies }) =>
          runController(controller, {
            clock: dependencies.clock,
            log: dependencies.log,
            signal: options.signal,
            spans: options.spans,
            metrics: options.metrics,
          }),
        );
    started();
    await Promise.all([aborted(options.signal), ...workers]);
    await Promise.all(Array.from(sets, (set) => set.stop()));
    options.log.debug("controllers stopped", { count: runs.length });
  }

  // A start that waits for a first list must end with the signal too.
  if (options.signal.aborted) for (const set of sets) void set.stop();
  else options.signal.addEventListener("abort", () => sets.forEach((set) => void set.stop()), { once: true });
  return { started: startedPromise, stopped: run() };
}

export interface RunControllerOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly spans?: SpanRing | undefined;
  readonly metrics?: Metrics | undefined;
}

/** Runs one controller whose informers have synced; resolves when the signal has aborted and its last reconcile has ended. */
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
  let done = 0;
  for (let item = await worker.queue.take(); item !== undefined; item = await worker.queue.take()) {
    worker.queue.done(item, await reconcile(worker, item));
    // In process, whole reconciles may run without a turn of the event loop; timers and sockets need one now and then.
    if (++done % RECONCILES_A_TURN === 0) await nextTurn();
  }
}

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
    // A conflict only says that the cache was behind; the retry sees the newer object.
    const level = isConflict(error) ? "debug" : "warn";
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
