import type { History, Listing, Operation, WatchedBatch, WatchedEvent, Watching } from "./history.ts";

type State = Map<string, { readonly value: string; readonly revision: number }>;

/**
 * Checks what is promised beyond single keys: one revision for all writes, in the order in which they happened; nothing
 * acknowledged lost; nothing there that nobody wrote; lists of one revision, never older than what was known; and of watches
 * that they give every event once, in order, without a gap, with what was before.
 * @returns what is wrong, in words
 */
export function checkLog(history: History): string[] {
  const { log, operations, listings, watchings } = history;
  return [
    ...checkBatches(log),
    ...checkPrevious(log),
    ...checkOrigin(log, operations),
    ...checkAcknowledged(log, operations),
    ...checkRealTime(operations),
    ...checkListings(listings, { log, operations }),
    ...watchings.flatMap((watching) => [...checkBatches(watching), ...checkSameAsLog(watching, log)]),
  ];
}

function eventsOf({ batches }: Watching): WatchedEvent[] {
  return batches.flatMap(({ events }) => events);
}

function endOf({ batches, afterRevision }: Watching): number {
  return batches.at(-1)?.revision ?? afterRevision;
}

/** Order and uniqueness. */
function checkBatches({ name, afterRevision, batches }: Watching): string[] {
  const wrong: string[] = [];
  let seen = afterRevision;
  for (const batch of batches) {
    if (batch.revision < seen) wrong.push(`${name}: a batch of revision ${batch.revision} comes after ${seen}`);
    wrong.push(...checkBatch(batch, seen).map((what) => `${name}: ${what}`));
    seen = Math.max(seen, batch.revision);
  }
  return wrong;
}

function checkBatch({ revision, events }: WatchedBatch, seen: number): string[] {
  let last = seen;
  return events.flatMap((event) => {
    const isInOrder = event.revision > last && event.revision <= revision;
    const before = last;
    last = Math.max(last, event.revision);
    return isInOrder
      ? []
      : [`revision ${event.revision} of ${event.key} comes after ${before}, in a batch of ${revision}`];
  });
}

function checkPrevious(log: Watching): string[] {
  const state: State = new Map();
  const wrong: string[] = [];
  for (const event of eventsOf(log)) {
    const { key, revision, previous } = event;
    const before = state.get(key);
    if (previous?.value !== before?.value || previous?.revision !== before?.revision) {
      wrong.push(`revision ${revision}: ${key} held ${textOf(before)}, the event says ${textOf(previous)}`);
    }
    replay(state, event);
  }
  return wrong;
}

function replay(state: State, { type, key, value = "", revision }: WatchedEvent): void {
  if (type === "delete") state.delete(key);
  else state.set(key, { value, revision });
}

function textOf(held: { value: string; revision: number } | undefined): string {
  return held === undefined ? "nothing" : `${held.value} of ${held.revision}`;
}

/** Each event comes from a write that was made, or may have been, and no write happens twice. */
function checkOrigin(log: Watching, operations: readonly Operation[]): string[] {
  const writes = new Map<string, Operation>();
  for (const operation of operations) {
    if (operation.action.type === "create" || operation.action.type === "update") {
      writes.set(operation.action.value, operation);
    }
  }
  const seen = new Set<string>();
  return eventsOf(log).flatMap(({ type, key, value = "", revision }) => {
    if (type === "delete") return [];
    const write = writes.get(value);
    if (write === undefined || write.key !== key) return [`revision ${revision}: nobody wrote ${value} to ${key}`];
    if (write.answer?.type === "refused") return [`revision ${revision}: ${value} is there, though it was refused`];
    if (seen.has(value)) return [`revision ${revision}: ${value} was written twice`];
    seen.add(value);
    return [];
  });
}

/** No acknowledged write is lost, and each has the revision that was acknowledged. */
function checkAcknowledged(log: Watching, operations: readonly Operation[]): string[] {
  const byRevision = new Map(eventsOf(log).map((event) => [event.revision, event]));
  return operations.flatMap(({ action, answer, key }) => {
    if (answer?.type !== "done" || answer.revision <= log.afterRevision) return [];
    const event = byRevision.get(answer.revision);
    const value = action.type === "delete" || action.type === "get" ? undefined : action.value;
    const isThere = event?.key === key && (value === undefined ? event.type === "delete" : event.value === value);
    return isThere ? [] : [`the acknowledged ${action.type} of ${key} at revision ${answer.revision} is lost`];
  });
}

/** What was begun after something was known has a greater revision. */
function checkRealTime(operations: readonly Operation[]): string[] {
  const known = operations.flatMap((operation) => {
    const revision =
      operation.answer === undefined || !("revision" in operation.answer) ? undefined : operation.answer.revision;
    return revision === undefined ? [] : [{ operation, revision, at: operation.answer!.at }];
  });
  const answers = [...known].sort((left, right) => left.at - right.at);
  const writes = known.filter(({ operation }) => operation.answer?.type === "done");
  writes.sort((left, right) => left.operation.invokedAt - right.operation.invokedAt);
  const wrong: string[] = [];
  let next = 0;
  let highest = 0;
  for (const { operation, revision } of writes) {
    for (; next < answers.length && answers[next]!.at < operation.invokedAt; next++) {
      highest = Math.max(highest, answers[next]!.revision);
    }
    if (revision <= highest) {
      wrong.push(`a write of ${operation.key} got revision ${revision} when ${highest} was known: revisions go back`);
    }
  }
  return wrong;
}

function checkListings(
  listings: readonly Listing[],
  { log, operations }: { log: Watching; operations: readonly Operation[] },
): string[] {
  const events = eventsOf(log);
  const state: State = new Map();
  let next = 0;
  return [...listings]
    .sort((left, right) => left.revision - right.revision)
    .flatMap((listing) => {
      for (; next < events.length && events[next]!.revision <= listing.revision; next++) replay(state, events[next]!);
      const known = operations.flatMap(({ answer }) =>
        answer?.type === "done" && answer.at < listing.invokedAt ? [answer.revision] : [],
      );
      const newest = known.reduce((most, revision) => Math.max(most, revision), 0);
      const isStale = listing.revision < newest;
      const isSame = listing.revision < log.afterRevision || sameState(state, listing.values);
      return [
        ...(isStale ? [`a list shows revision ${listing.revision} when ${newest} was known`] : []),
        ...(isSame ? [] : [`a list of revision ${listing.revision} does not show what was there at that revision`]),
      ];
    });
}

function sameState(left: State, right: Listing["values"]): boolean {
  if (left.size !== right.size) return false;
  return [...left].every(([key, { value, revision }]) => {
    const other = right.get(key);
    return other?.value === value && other.revision === revision;
  });
}

/** No gap: exactly the events between its start and its last word. */
function checkSameAsLog(watching: Watching, log: Watching): string[] {
  const { name, afterRevision } = watching;
  const from = Math.max(afterRevision, log.afterRevision);
  const end = endOf(watching);
  if (end > endOf(log)) return [`${name}: it has seen revision ${end}, and the store is at ${endOf(log)}`];
  const within = (event: WatchedEvent): boolean => event.revision > from && event.revision <= end;
  const expected = eventsOf(log).filter(within);
  const given = new Map(
    eventsOf(watching)
      .filter(within)
      .map((event) => [event.revision, event]),
  );
  const wrong = expected.flatMap((event) => {
    const other = given.get(event.revision);
    if (other === undefined)
      return [`${name}: the ${event.type} of ${event.key} at revision ${event.revision} is missing`];
    const isSame = other.key === event.key && other.type === event.type && other.value === event.value;
    const isAsBefore = other.previous?.value === event.previous?.value;
    return isSame && isAsBefore ? [] : [`${name}: revision ${event.revision} of ${event.key} is not what it was`];
  });
  if (given.size > expected.length) wrong.push(`${name}: it gave events that did not happen`);
  return wrong;
}
