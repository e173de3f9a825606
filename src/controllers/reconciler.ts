import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Client } from "../client/client.ts";
import type { EventRecorder } from "../client/events.ts";
import type { Change, Informer, InformerSet } from "../client/informer.ts";

/**
 * The seam of all controllers: reconcile(key) makes the world a little more like what the object under that key asks for.
 *
 * - A key carries no event. Reconcile reads the caches, decides (plan.ts, pure) and writes through the client.
 * - It is idempotent and may be called at any time, also for objects that are gone.
 * - One worker a key; errors are retried with bounded exponential back-off; a Conflict is an error like any other.
 * - It must not block: waiting is `requeueAfterMs`.
 */
export interface Controller {
  /** Kebab case, as upstream: `deployment-controller`. */
  readonly name: string;
  /** How many keys at once; 1 when absent. */
  readonly workers?: number;
  /** What wakes it. */
  readonly sources: readonly Source[];
  reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult>;
}

export type ReconcileResult =
  | {
      /** Come back after so long, whatever happens. */
      readonly requeueAfterMs?: number | undefined;
      /** Changes that come sooner than this are looked at together: see restAfter. */
      readonly restMs?: number;
    }
  | undefined;

const REST_MS_AN_OBJECT = 0.05;
const SHORTEST_REST_MS = 2;

/**
 * How long a key rests whose reconcile looked at so many objects. Each of ten thousand pods tells several times that it has
 * changed; looking at all of them each time would cost a hundred million looks, and a rest of 500 ms makes it a few thousandths.
 */
export function restAfter(objects: number): number {
  const restMs = objects * REST_MS_AN_OBJECT;
  return restMs < SHORTEST_REST_MS ? 0 : restMs;
}

/** Which keys a change of an informer's item concerns. */
export interface Source {
  start(enqueue: (key: string, afterMs?: number) => void): () => void;
}

/** The usual source: every change of an item gives some keys. */
export function from<P>(informer: Informer<P>, keys: (change: Change<P>) => Iterable<string>): Source {
  return {
    start: (enqueue) =>
      informer.subscribe((change) => {
        for (const key of keys(change)) enqueue(key);
      }),
  };
}

/** What every controller is made from; nothing else reaches it. */
export interface ControllerDependencies {
  /** Talks to the door as the controller's own identity. */
  readonly client: Client;
  readonly informers: InformerSet;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export type ControllerFactory = (dependencies: ControllerDependencies) => Controller;
