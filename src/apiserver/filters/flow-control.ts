import { present } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Exchange, Filter } from "../exchange.ts";
import type { FlowControl, FlowRequest, Release } from "../flow-control/flow-control.ts";
import { estimateWork, type WorkSources } from "../flow-control/work-estimate.ts";
import { isLongRunning } from "../long-running.ts";
import { whenOver } from "../when-over.ts";

/** Lets a request on when its flow has a seat for it. Watches hold theirs until they have begun. */
export function flowControlFilter(control: FlowControl, sources: WorkSources, clock: Clock): Filter {
  return async (exchange, next) => {
    const { info } = exchange;
    if (info.verb !== "watch" && isLongRunning(info)) return next(exchange);
    const user = present(exchange.user, "the user of an authenticated request");
    const flow = control.classify(user, info);
    if (flow === undefined) return next(exchange);
    const { level, object } = flow.schema;
    if (exchange.remoteAddress !== undefined)
      addHeaders(exchange, object.metadata?.uid, level.configuration.metadata?.uid);
    const request: FlowRequest = { flow, user, info, isPaced: exchange.remoteAddress !== undefined };
    const release = await enter(exchange, { control, request, sources, clock });
    let isHeld = false;
    try {
      const answer = await next(exchange);
      // A list from outside is work until its last byte is written.
      isHeld = answer.kind === "list" && exchange.remoteAddress !== undefined;
      if (isHeld) whenOver(exchange, release);
      return answer;
    } finally {
      if (!isHeld) release();
    }
  };
}

/** How long a refusal is held back, so that who asks again at once does not keep the server busy with refusals. */
const HELD_BACK_MS = 250;

async function enter(
  exchange: Exchange,
  by: { control: FlowControl; request: FlowRequest; sources: WorkSources; clock: Clock },
): Promise<Release> {
  const { control, request, sources, clock } = by;
  const { level } = request.flow.schema;
  try {
    const place = control.acquire(request, estimateWork(exchange, sources, level.limits.nominal), (callback) =>
      whenOver(exchange, callback),
    );
    return place instanceof Promise ? await waited(exchange, place, clock) : place;
  } catch (error) {
    if (request.isPaced) await waited(exchange, sleep(clock, HELD_BACK_MS, exchange.signal), clock);
    throw error;
  }
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
  exchange.answerHeaders = {
    ...exchange.answerHeaders,
    ...(schema === undefined ? {} : { "x-kubernetes-pf-flowschema-uid": schema }),
    ...(level === undefined ? {} : { "x-kubernetes-pf-prioritylevel-uid": level }),
  };
}
