import type { Event as CoreEvent } from "../generated/core/v1.ts";
import type { Event } from "../generated/events.k8s.io/v1.ts";

/** An event of events.k8s.io as one of the core group: the same facts under older names. */
export function toCoreEvent(event: Event): CoreEvent {
  const { regarding, note, deprecatedSource, deprecatedFirstTimestamp, ...rest } = event;
  const { deprecatedLastTimestamp, deprecatedCount, reportingController, ...same } = rest;
  return defined({
    ...same,
    eventTime: same.eventTime ?? undefined,
    apiVersion: "v1",
    involvedObject: regarding ?? {},
    message: note,
    source: deprecatedSource ?? {},
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    count: deprecatedCount,
    reportingComponent: reportingController,
  }) as CoreEvent;
}

/** An event of the core group as one of events.k8s.io. */
export function fromCoreEvent(event: CoreEvent): Event {
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, reportingComponent, ...same } = event;
  return defined({
    ...same,
    apiVersion: "events.k8s.io/v1",
    // Required there, and null in events that the core group's recorders wrote: generated clients look for it.
    eventTime: same.eventTime ?? null,
    regarding: involvedObject,
    note: message,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
    reportingController: reportingComponent,
  }) as Event;
}

function defined(object: Record<string, unknown>): unknown {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
