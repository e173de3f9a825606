import type { Event, ObjectReference } from "../api/generated/core/v1.ts";
import { events } from "../api/generated/resources.ts";
import { type ApiObject, type ObjectMeta, splitKey } from "../api/meta.ts";
import { isNotFound, StatusError } from "../api/status.ts";
import { errorMessage } from "../base/assert.ts";
import { AsyncQueue } from "../base/async-queue.ts";
import { type Clock, formatTime, sleep } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { currentTrace, type TraceContext, withTrace } from "../base/trace.ts";
import { createBackoff } from "./backoff.ts";
import type { Client } from "./client.ts";
import { createEventCorrelator, recent } from "./event-correlator.ts";
import type { EventRecorder, RecordedEvent } from "./events.ts";

const QUEUE_CAPACITY = 1000;
const ATTEMPTS = 6;

export interface EventRecorderOptions {
  readonly client: Client;
  /** Who says it, e.g. `deployment-controller`. */
  readonly component: string;
  /** The node it runs on, if it belongs to one. */
  readonly host?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface StoppableEventRecorder extends EventRecorder {
  /** Sends what is queued, but gives up retries, and resolves when all is sent. */
  stop(): Promise<void>;
}

interface Draft {
  readonly about: ObjectReference;
  readonly event: RecordedEvent;
  readonly timeMs: number;
  readonly cause: TraceContext | undefined;
}

/** The Event that stands for a key so far. */
interface Sent {
  key?: string;
  firstTimestamp: string;
  count: number;
}

/** Records core/v1 Events. See client/events.ts for what it promises. */
export function createEventRecorder(options: EventRecorderOptions): StoppableEventRecorder {
  const { clock, log } = options;
  const queue = new AsyncQueue<Draft>(QUEUE_CAPACITY);
  const stopping = new AbortController();
  const correlate = createEventCorrelator(clock);
  const sent = new Map<string, Sent>();

  async function record(draft: Draft): Promise<void> {
    const verdict = correlate({ about: identity(draft.about), ...pick(draft.event) });
    if (verdict.action === "drop") return;
    const time = formatTime(draft.timeMs);
    const known = recent<Sent>(sent, verdict.key, () => ({ firstTimestamp: time, count: 0 }));
    known.count++;
    const { message } = verdict;
    if (known.key !== undefined) {
      try {
        const body = { count: known.count, lastTimestamp: time, message };
        await options.client.patch(events, splitKey(known.key), { type: "strategic", body });
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    const made = await options.client.create(events, eventObject(options, { draft, message, known, time }));
    known.key = `${made.metadata.namespace}/${made.metadata.name}`;
  }

  async function recordWithRetry(draft: Draft): Promise<void> {
    const backoff = createBackoff({ random: options.random, initialMs: 200, maximumMs: 10_000 });
    for (let attempt = 1; ; attempt++) {
      try {
        await record(draft);
        return;
      } catch (error) {
        const lost = error instanceof StatusError && error.code < 500 && error.code !== 429;
        if (lost || attempt === ATTEMPTS || stopping.signal.aborted) {
          log.debug("event not recorded", { reason: draft.event.reason, error: errorMessage(error) });
          return;
        }
        await sleep(clock, backoff.next(), stopping.signal);
      }
    }
  }

  async function send(): Promise<void> {
    for await (const draft of queue) await withTrace(draft.cause, () => recordWithRetry(draft));
  }

  const sending = send();
  return {
    event(about, event) {
      const draft = { about: referenceTo(about, event.fieldPath), event, timeMs: clock.now(), cause: currentTrace() };
      if (!queue.push(draft)) log.debug("event dropped: too many are waiting", { reason: event.reason });
    },
    async stop() {
      stopping.abort();
      queue.end();
      await sending;
    },
  };
}

function pick(event: RecordedEvent): { type: string; reason: string; message: string } {
  return { type: event.type, reason: event.reason, message: event.message };
}

function eventObject(
  options: EventRecorderOptions,
  { draft, message, known, time }: { draft: Draft; message: string; known: Sent; time: string },
): Event {
  const { about, event, timeMs } = draft;
  // Upstream's names end in the time in nanoseconds; chance fills what a clock of milliseconds lacks.
  const nanoseconds = BigInt(Math.floor(timeMs)) * 1_000_000n + BigInt(Math.floor(options.random.fraction() * 1e6));
  const metadata: ObjectMeta = {
    name: `${about.name}.${nanoseconds.toString(16)}`,
    namespace: about.namespace ?? "default",
  };
  return {
    metadata,
    involvedObject: about,
    type: event.type,
    reason: event.reason,
    message,
    source:
      options.host === undefined
        ? { component: options.component }
        : { component: options.component, host: options.host },
    reportingComponent: options.component,
    reportingInstance: options.host ?? "",
    firstTimestamp: known.firstTimestamp,
    lastTimestamp: time,
    count: known.count,
  };
}

/** A reference to the object, as Events and Endpoints carry it. */
export function referenceTo(object: ApiObject, fieldPath?: string): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata ?? {};
  const reference: ObjectReference = { kind: object.kind, apiVersion: object.apiVersion, name, uid };
  if (namespace !== undefined) reference.namespace = namespace;
  if (resourceVersion !== undefined) reference.resourceVersion = resourceVersion;
  if (fieldPath !== undefined) reference.fieldPath = fieldPath;
  return reference;
}

function identity(about: ObjectReference): string {
  return [about.apiVersion, about.kind, about.namespace, about.name, about.uid, about.fieldPath].join("\n");
}
