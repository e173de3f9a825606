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
import { createTokenBucket } from "./token-bucket.ts";
import { TransportClosedError } from "./transport.ts";

const QUEUE_CAPACITY = 1000;
const ATTEMPTS = 6;
/** Upstream's (KubeletConfiguration eventRecordQPS and eventBurst, the scheduler's clientConnection). */
const EVENTS_PER_SECOND = 50;
const EVENTS_AT_ONCE = 100;

/** Who says it. */
export interface EventSource {
  readonly client: Client;
  /** E.g. `deployment-controller`. */
  readonly component: string;
  /** The node it runs on, if it belongs to one. */
  readonly host?: string;
}

export interface EventSenderOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** How long an event waits before it is written, so that what it tells of has the processor first. 0 when absent. */
  readonly lingerMs?: number;
}

export interface EventRecorderOptions extends EventSource, EventSenderOptions {}

export interface StoppableEventRecorder extends EventRecorder {
  /** Sends what is queued, but gives up retries, and resolves when all is sent. */
  stop(): Promise<void>;
}

/** One queue and one allowance of events, for one component or for many that share it. */
export interface EventSender {
  recorder(source: EventSource): EventRecorder;
  /** As that of a recorder. */
  stop(): Promise<void>;
}

interface Draft {
  readonly source: EventSource;
  readonly about: ObjectReference;
  readonly event: RecordedEvent;
  readonly timeMs: number;
  /** When it may be written, on the monotonic clock. */
  readonly dueMs: number;
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
  const sender = createEventSender(options);
  return { ...sender.recorder(options), stop: sender.stop };
}

/** Sends events one after another, 100 at once and 50 a second, so that a flood of pods does not become one of events. */
export function createEventSender(options: EventSenderOptions): EventSender {
  const { clock, random, log, lingerMs = 0 } = options;
  const queue = new AsyncQueue<Draft>(QUEUE_CAPACITY);
  const stopping = new AbortController();
  const correlate = createEventCorrelator(clock);
  const sent = new Map<string, Sent>();
  const stamp = createStamps(random);
  const allowance = createTokenBucket(clock, { perSecond: EVENTS_PER_SECOND, burst: EVENTS_AT_ONCE });

  async function record(draft: Draft): Promise<void> {
    const verdict = correlate({ about: identity(draft), ...pick(draft.event) });
    if (verdict.action === "drop") return;
    const waitMs = allowance.take();
    if (waitMs > 0) await sleep(clock, waitMs, stopping.signal);
    const time = formatTime(draft.timeMs);
    const known = recent<Sent>(sent, verdict.key, () => ({ firstTimestamp: time, count: 0 }));
    known.count++;
    const { message } = verdict;
    const { client } = draft.source;
    if (known.key !== undefined) {
      try {
        const body = { count: known.count, lastTimestamp: time, message };
        await client.patch(events, splitKey(known.key), { type: "strategic", body });
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    const made = await client.create(events, eventObject(stamp(draft.timeMs), { draft, message, known, time }));
    known.key = `${made.metadata.namespace}/${made.metadata.name}`;
  }

  async function recordWithRetry(draft: Draft): Promise<void> {
    const backoff = createBackoff({ random, initialMs: 200, maximumMs: 10_000 });
    for (let attempt = 1; ; attempt++) {
      try {
        await record(draft);
        return;
      } catch (error) {
        if (isLost(error) || attempt === ATTEMPTS || stopping.signal.aborted) {
          log.debug("event not recorded", { reason: draft.event.reason, error: errorMessage(error) });
          return;
        }
        await sleep(clock, backoff.next(), stopping.signal);
      }
    }
  }

  async function send(): Promise<void> {
    for await (const draft of queue) {
      const waitMs = draft.dueMs - clock.monotonic();
      if (waitMs > 0) await sleep(clock, waitMs, stopping.signal);
      await withTrace(draft.cause, () => recordWithRetry(draft));
    }
  }

  const sending = send();
  return {
    recorder: (source) => ({
      event(about, event) {
        const reference = referenceTo(about, event.fieldPath);
        const dueMs = clock.monotonic() + lingerMs;
        const draft = { source, about: reference, event, timeMs: clock.now(), dueMs, cause: currentTrace() };
        if (!queue.push(draft)) log.debug("event dropped: too many are waiting", { reason: event.reason });
      },
    }),
    async stop() {
      stopping.abort();
      queue.end();
      await sending;
    },
  };
}

/** No later attempt records it; the others that wait must not wait for one. */
function isLost(error: unknown): boolean {
  if (error instanceof TransportClosedError) return true;
  return error instanceof StatusError && error.code < 500 && error.code !== 429;
}

function pick(event: RecordedEvent): { type: string; reason: string; message: string } {
  return { type: event.type, reason: event.reason, message: event.message };
}

/**
 * Upstream's names of events end in the time in nanoseconds; chance fills what a clock of milliseconds lacks. Of two events in
 * the same millisecond the later one has the later name all the same: lists are in the order of names.
 */
function createStamps(random: Random): (timeMs: number) => string {
  let last = 0n;
  return (timeMs) => {
    const nanoseconds = BigInt(Math.floor(timeMs)) * 1_000_000n + BigInt(Math.floor(random.fraction() * 1e6));
    const isSameMillisecond = last > nanoseconds && last - nanoseconds < 1_000_000n;
    last = isSameMillisecond ? last + 1n : nanoseconds;
    return last.toString(16);
  };
}

function eventObject(
  stamp: string,
  { draft, message, known, time }: { draft: Draft; message: string; known: Sent; time: string },
): Event {
  const { about, event, source } = draft;
  const metadata: ObjectMeta = {
    name: `${about.name}.${stamp}`,
    namespace: about.namespace ?? "default",
  };
  return {
    metadata,
    involvedObject: about,
    type: event.type,
    reason: event.reason,
    message,
    source: {
      component: source.component,
      ...(source.host !== undefined && { host: source.host }),
    },
    reportingComponent: source.component,
    reportingInstance: source.host ?? "",
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

function identity({ about, source }: Draft): string {
  const { apiVersion, kind, namespace, name, uid, fieldPath } = about;
  return [source.component, source.host, apiVersion, kind, namespace, name, uid, fieldPath].join("\n");
}
