import { isMutating } from "../metrics/request-metrics.ts";
import type { RequestInfo } from "../request-info.ts";
import { isTrue } from "../request-info.ts";
import type { WorkEstimate } from "./queue-set.ts";

/** What the estimate looks at: sizes of the watch caches. */
export interface WorkSources {
  /** Objects of the resource, as far as they are known. */
  objects(info: RequestInfo): number;
  watchers(info: RequestInfo): number;
}

/** Upstream's numbers for lists. */
const OBJECTS_A_SEAT = 100;
const SEATS_MAX = 10;
const SEATS_SHARE_MAX = 0.15;
/** An event reaches a hundred watchers in about half a millisecond here (docs/performance.md), so this is what a write sets off. */
const WATCHERS_A_SEAT = 100;
const FAN_OUT_MS = 1;

export const ONE_SEAT: WorkEstimate = { initialSeats: 1, finalSeats: 0, finalMs: 0 };

/** How many seats a request takes: a list more the longer it is, a write some afterwards for those who watch. */
export function estimateWork(
  request: { readonly info: RequestInfo; readonly query: URLSearchParams },
  sources: WorkSources,
  nominalSeats: number,
): WorkEstimate {
  const { info, query } = request;
  if (!info.isResourceRequest) return ONE_SEAT;
  const most = Math.max(1, Math.min(SEATS_MAX, Math.ceil(nominalSeats * SEATS_SHARE_MAX)));
  if (info.verb === "list" || (info.verb === "watch" && hasInitialEvents(query))) {
    const seats = Math.ceil(listedObjects(query, sources.objects(info)) / OBJECTS_A_SEAT);
    return seats <= 1 ? ONE_SEAT : { initialSeats: Math.min(seats, most), finalSeats: 0, finalMs: 0 };
  }
  if (!isMutating(info.verb)) return ONE_SEAT;
  const fanOut = Math.floor(sources.watchers(info) / WATCHERS_A_SEAT);
  if (fanOut === 0) return ONE_SEAT;
  const finalSeats = Math.min(fanOut, most);
  // The product stays the same where the width is bounded.
  return { initialSeats: 1, finalSeats, finalMs: (FAN_OUT_MS * fanOut) / finalSeats };
}

function hasInitialEvents(query: URLSearchParams): boolean {
  if (query.get("sendInitialEvents") !== null) return isTrue(query.get("sendInitialEvents"));
  const version = query.get("resourceVersion");
  return version === null || version === "" || version === "0";
}

/** A limit bounds what is read, unless selectors pass over much of it. */
function listedObjects(query: URLSearchParams, stored: number): number {
  if (query.size === 0) return stored;
  if (query.get("fieldSelector")?.startsWith("metadata.name=")) return 1;
  const limit = Number(query.get("limit") ?? 0);
  const isSelective = query.has("labelSelector") || query.has("fieldSelector");
  return limit > 0 && !isSelective ? Math.min(limit, stored) : stored;
}
