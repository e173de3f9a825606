import { present } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import { type Answering, type Exchange, type Filter, type Handler, observed } from "../exchange.ts";
import type { FlowControl, FlowRequest, Release } from "../flow-control/flow-control.ts";
import { estimateWork, type WorkSources } from "../flow-control/work-estimate.ts";
import { isLongRunning } from "../long-running.ts";
import { notWhenOver, whenOver } from "../when-over.ts";

/** Lets a request on when its flow has a seat for it. Watches hold theirs until they have begun. */
export function flowControlFilter(control: FlowControl, sources: WorkSources, clock: Clock): Filter {
  return (exchange, next) => {
    const { info } = exchange;
    if (info.verb !== "watch" && isLongRunning(info)) return next(exchange);
    const user = present(exchange.user, "the user of an authenticated request");
    const flow = control.classify(user, info);
    if (flow === undefined) return next(exchange);
    const { level, object } = flow.schema;
    if (exchange.remoteAddress !== undefined)
      addHeaders(exchange, object.metadata?.uid, level.configuration.metadata?.uid);
    const request: FlowRequest = { flow, user, info, turnShare: turnShareOf(exchange) };
    const place = enter(exchange, { control, request, sources, clock });
    return place instanceof Promise
      ? place.then((release) => seated(exchange, next, release))
      : seated(exchange, next, place);
  };
}

/** A GET of one object takes a tenth of what a write does: thirty-two are a turn of less than a millisecond. */
const GET_SHARE = 0.5;

/** Who is in this process has a pace of its own; outside nobody minds how much he asks at once. */
function turnShareOf({ remoteAddress, info }: Exchange): number {
  if (remoteAddress === undefined) return 0;
  return info.verb === "get" && info.isResourceRequest && info.subresource === "" ? GET_SHARE : 1;
}

function seated(exchange: Exchange, next: Handler, release: Release): Answering {
  return observed(
    () => next(exchange),
    (answer) => {
      // A list from outside is work until its last byte is written.
      if (answer?.kind === "list" && exchange.remoteAddress !== undefined) whenOver(exchange, release);
      else release();
    },
  );
}

/** How long a refusal is held back, so that who asks again at once does not keep the server busy with refusals. */
const HELD_BACK_MS = 250;

interface Entering {
  readonly control: FlowControl;
  readonly request: FlowRequest;
  readonly sources: WorkSources;
  readonly clock: Clock;
}

function enter(exchange: Exchange, by: Entering): Release | Promise<Release> {
  const { control, request, sources, clock } = by;
  const { level } = request.flow.schema;
  try {
    const place = control.acquire(request, estimateWork(exchange, sources, level.limits.nominal), (callback) => {
      whenOver(exchange, callback);
      return () => notWhenOver(exchange, callback);
    });
    if (!(place instanceof Promise)) return place;
    return waited(exchange, place, clock).catch((error) => heldBack(exchange, error, by));
  } catch (error) {
    return heldBack(exchange, error, by);
  }
}

async function heldBack(exchange: Exchange, error: unknown, { request, clock }: Entering): Promise<never> {
  if (request.turnShare > 0) await waited(exchange, sleep(clock, HELD_BACK_MS, exchange.signal), clock);
  throw error;
}

async function waited<T>(exchange: Exchange, place: Promise<T>, clock: Clock): Promise<T> {
  const sinceMs = clock.monotonic();
  try {
    return await place;
  } finally {
    exchange.waitedMs = clock.monotonic() - sinceMs;
  }
}

function addHeaders(exchange: Exchange, schema: string | undefined, level: string | undefined): void {
  exchange.answerHeaders ??= {};
  if (schema !== undefined) exchange.answerHeaders["x-kubernetes-pf-flowschema-uid"] = schema;
  if (level !== undefined) exchange.answerHeaders["x-kubernetes-pf-prioritylevel-uid"] = level;
}
