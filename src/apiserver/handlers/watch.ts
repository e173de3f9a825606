import { badRequest, failure, type StatusError } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { CompactedError, FutureRevisionError } from "../../store/store.ts";
import type { Selection } from "../cache/selection.ts";
import type { Exchange, WatchAnswer } from "../exchange.ts";
import type { ServedResource } from "../registry/resource.ts";
import { isTrue } from "../request-info.ts";
import { whenOver } from "../when-over.ts";
import type { Environment } from "./environment.ts";
import { checkListOptions, numberOf } from "./options.ts";
import { refusedWatch } from "./refused-watch.ts";
import { selectionOf } from "./selection.ts";
import { tooLarge } from "./too-large.ts";
import { StoredWatchEvents, tooOld, type WatchStart } from "./watch-events.ts";

const DEFAULT_SECONDS_MIN = 1800;
const TIMEOUT_MAX_SECONDS = 999_999_999;

/** WATCH: from a revision, or from the present objects; ends after timeoutSeconds. */
export async function watchHandler(
  resource: ServedResource,
  exchange: Exchange,
  environment: Environment,
): Promise<WatchAnswer> {
  const { query, info } = exchange;
  const selection = selectionOf(resource, {
    namespace: info.namespace,
    name: info.name,
    labelSelector: query.get("labelSelector"),
    fieldSelector: query.get("fieldSelector"),
  });
  const start = startOf(query, environment.refusesInitialEvents === true);
  const current = await fresh(resource, selection);
  const refusal = await refusalOf(resource, start, current);
  if (refusal !== undefined) return { kind: "watch", resource, events: refusedWatch(refusal) };
  const timeoutMs = timeoutSeconds(query, environment) * 1000;
  const bookmarks = isTrue(query.get("allowWatchBookmarks"));
  const { alarms } = environment;
  const events = new StoredWatchEvents(resource, { selection, start, bookmarks, timeoutMs, alarms });
  whenOver(exchange, ending(events));
  return { kind: "watch", resource, events };
}

// In a scope of its own: a closure keeps all that is around it.
const ending = (events: StoredWatchEvents) => () => events.leave();

/**
 * What cannot be converted keeps the whole cache from being there. As upstream, who wants to watch is told to come again soon: a
 * client that hears of an error would list, and hear it again.
 */
async function fresh(resource: ServedResource, selection: Selection): Promise<number> {
  try {
    return await resource.storage.cache.freshFor(selection);
  } catch (error) {
    await resource.storage.revisionDespite(error);
    const message = `storage is (re)initializing: ${errorMessage(error)}`;
    throw failure(429, "TooManyRequests", message, { retryAfterSeconds: 1 });
  }
}

/** Why the watch cannot begin where it is asked to: too long ago, or, with the objects that are there, only later. */
async function refusalOf(
  resource: ServedResource,
  { revision, atLeast = 0 }: WatchStart,
  current: number,
): Promise<StatusError | undefined> {
  if (atLeast > current) return tooLarge(atLeast, current);
  if (revision === undefined) return undefined;
  try {
    await resource.storage.cache.checkHistory(revision);
  } catch (error) {
    if (error instanceof CompactedError) return tooOld(revision, error.compactedRevision);
    if (!(error instanceof FutureRevisionError)) throw error;
  }
  return undefined;
}

function startOf(query: URLSearchParams, refusesInitialEvents: boolean): WatchStart {
  const version = query.get("resourceVersion") ?? "";
  if (version !== "" && !/^\d{1,20}$/.test(version))
    throw badRequest(`Invalid value: "${version}": resourceVersion must be a non-negative integer`);
  checkListOptions(query, true, refusesInitialEvents);
  const send = query.get("sendInitialEvents");
  const wantsInitial = isTrue(send);
  if (wantsInitial) {
    const initialBookmark = isTrue(query.get("allowWatchBookmarks"));
    return { initialEvents: true, initialBookmark, atLeast: Number(version) };
  }
  if (version === "" || version === "0") return { initialEvents: send === null, initialBookmark: false };
  return { revision: Number(version), initialEvents: false, initialBookmark: false };
}

/** Whole seconds: timers of the same length share what they need. */
function timeoutSeconds(
  query: URLSearchParams,
  { random, watchSecondsMin = DEFAULT_SECONDS_MIN }: Environment,
): number {
  const usual = Math.floor(watchSecondsMin * (1 + random.fraction()));
  const asked = numberOf(query, "timeoutSeconds") ?? 0;
  return asked === 0 ? usual : Math.min(Math.max(0, asked), TIMEOUT_MAX_SECONDS);
}
