import { type ApiObject, apiVersionOf } from "../../api/meta.ts";
import { badRequest, expired } from "../../api/status.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { CompactedError, FutureRevisionError } from "../../store/store.ts";
import { type CacheEntry, CacheEvent } from "../cache/entry.ts";
import { chosen, type Selection } from "../cache/selection.ts";
import type { Exchange, OutgoingEvent, WatchAnswer } from "../exchange.ts";
import type { ServedResource } from "../registry/resource.ts";
import { isTrue } from "../request-info.ts";
import { whenOver } from "../when-over.ts";
import { checkListOptions } from "./options.ts";
import { selectionOf } from "./selection.ts";

/** How often an idle watch tells the revision that it has reached (upstream: about a minute). */
const BOOKMARK_MS = 60_000;
const INITIAL_BATCH = 100;
const DEFAULT_TIMEOUT_MIN_SECONDS = 1800;

/** WATCH: from a revision, or from the present objects; ends after timeoutSeconds. */
export async function watchHandler(
  resource: ServedResource,
  exchange: Exchange,
  environment: { clock: Clock; random: Random },
): Promise<WatchAnswer> {
  const { query, info } = exchange;
  const selection = selectionOf(resource, {
    namespace: info.namespace,
    name: info.name,
    labelSelector: query.get("labelSelector"),
    fieldSelector: query.get("fieldSelector"),
  });
  const start = startOf(query);
  await resource.storage.cache.freshFor(selection);
  if (start.revision !== undefined) await checkHistory(resource, start.revision);
  const timeoutMs = timeoutSeconds(query, environment.random) * 1000;
  const bookmarks = isTrue(query.get("allowWatchBookmarks"));
  const ending: Ending = { isOver: false, whenOver: () => {} };
  whenOver(exchange, () => {
    ending.isOver = true;
    ending.whenOver();
  });
  const events = watchEvents(resource, { selection, start, bookmarks, ending, timeoutMs, clock: environment.clock });
  return { kind: "watch", resource, events };
}

interface Start {
  /** Absent: from the present objects. */
  readonly revision?: number;
  readonly initialEvents: boolean;
  /** A bookmark marks the end of the initial events. */
  readonly initialBookmark: boolean;
}

/** Of the request: its client may go at any time. */
interface Ending {
  isOver: boolean;
  whenOver: () => void;
}

interface Watching {
  readonly selection: Selection;
  readonly start: Start;
  readonly bookmarks: boolean;
  readonly ending: Ending;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** What a watch tells, in batches: what has come together is handed on together. */
async function* watchEvents(
  resource: ServedResource,
  watching: Watching,
): AsyncGenerator<readonly OutgoingEvent[], void, undefined> {
  const { selection, start, bookmarks, ending, clock } = watching;
  const cache = resource.storage.cache;
  // The watch is joined and the present is read without a pause between: nothing is missed, nothing comes twice.
  const from = start.revision ?? cache.revision;
  const live = cache.watch(selection, from, bookmarks ? { tickMs: BOOKMARK_MS, clock } : {});
  const end = (): void => live.close();
  ending.whenOver = end;
  const deadline = clock.setTimer(end, watching.timeoutMs);
  if (ending.isOver) end();
  const present = start.initialEvents ? cache.candidates(selection) : [];
  let reached = from;
  try {
    yield* initialEvents(await chosen(present, selection));
    if (start.initialBookmark) yield [bookmark(resource, from, true)];
    for (let batch = await live.next(); batch !== undefined; batch = await live.next()) {
      const events = batch.filter((item) => item !== "tick");
      const last = events.at(-1);
      if (last !== undefined) {
        reached = last.event.revision;
        yield events;
        continue;
      }
      const seen = await cache.fresh();
      // A bookmark must not overtake what has come meanwhile; those events tell as much.
      if (live.queue.length > 0) continue;
      reached = Math.max(reached, seen);
      yield [bookmark(resource, reached, false)];
    }
    if (bookmarks && !ending.isOver) yield [bookmark(resource, reached, false)];
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    yield [{ type: "ERROR", object: tooOld(from, error.compactedRevision).status as ApiObject }];
  } finally {
    deadline.cancel();
    live.close();
  }
}

function* initialEvents(entries: readonly CacheEntry[]): Generator<readonly OutgoingEvent[], void, undefined> {
  for (let start = 0; start < entries.length; start += INITIAL_BATCH) {
    yield entries
      .slice(start, start + INITIAL_BATCH)
      .map((entry) => ({ type: "ADDED", event: new CacheEvent(entry.revision, undefined, entry) }));
  }
}

function bookmark(resource: ServedResource, revision: number, initialEnd: boolean): OutgoingEvent {
  const annotations = initialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
  const object: ApiObject = {
    kind: resource.schema.kind,
    apiVersion: apiVersionOf(resource.schema),
    metadata: { resourceVersion: String(revision), ...annotations },
  };
  return { type: "BOOKMARK", object };
}

async function checkHistory(resource: ServedResource, revision: number): Promise<void> {
  try {
    await resource.storage.cache.checkHistory(revision);
  } catch (error) {
    if (error instanceof CompactedError) throw tooOld(revision, error.compactedRevision);
    if (!(error instanceof FutureRevisionError)) throw error;
  }
}

function tooOld(asked: number, oldest: number) {
  return expired(`too old resource version: ${asked} (${oldest})`);
}

function startOf(query: URLSearchParams): Start {
  const version = query.get("resourceVersion") ?? "";
  if (version !== "" && !/^\d{1,16}$/.test(version))
    throw badRequest(`Invalid value: "${version}": resourceVersion must be a non-negative integer`);
  checkListOptions(query, true);
  const send = query.get("sendInitialEvents");
  const wantsInitial = isTrue(send);
  if (wantsInitial) return { initialEvents: true, initialBookmark: isTrue(query.get("allowWatchBookmarks")) };
  if (version === "" || version === "0") return { initialEvents: send === null, initialBookmark: false };
  return { revision: Number(version), initialEvents: false, initialBookmark: false };
}

/** Whole seconds: timers of the same length share what they need. */
function timeoutSeconds(query: URLSearchParams, random: Random): number {
  const text = query.get("timeoutSeconds");
  const usual = Math.floor(DEFAULT_TIMEOUT_MIN_SECONDS * (1 + random.fraction()));
  if (text === null) return usual;
  if (!/^\d{1,9}$/.test(text)) throw badRequest(`timeoutSeconds must be a non-negative integer, not "${text}"`);
  return Number(text) === 0 ? usual : Number(text);
}
