import { badRequest, timeout } from "../../api/status.ts";
import type { Clock } from "../../base/clock.ts";
import { Deadlines } from "../../base/deadlines.ts";
import { parseDuration } from "../../base/duration.ts";
import type { Answer, Exchange, Filter } from "../exchange.ts";
import { isLongRunning } from "../long-running.ts";

/** Upstream's --request-timeout. */
export const REQUEST_TIMEOUT_MS = 60_000;

/**
 * No request takes longer than it may: 60 s, or less when its `timeout` says so. Who asked gets a 504; what is under way
 * for a client from outside is told to end. Long-running requests have no deadline.
 */
export function deadlineFilter(clock: Clock, longestMs: number = REQUEST_TIMEOUT_MS): Filter {
  const deadlines = new Deadlines(clock, longestMs);
  return (exchange, next) => {
    if (isLongRunning(exchange.info)) return next(exchange);
    const limitMs = limitOf(exchange, longestMs);
    if (limitMs < longestMs) exchange.untilMs = clock.monotonic() + limitMs;
    const answering = next(exchange);
    // Most answers are there at once.
    if (!(answering instanceof Promise)) return answering;
    return new Promise<Answer>((resolve, reject) => {
      const giveUp = (): void => {
        reject(timeout("request did not complete within the allotted timeout"));
        exchange.giveUp?.();
      };
      const timer = limitMs === longestMs ? deadlines.set(giveUp) : clock.setTimer(giveUp, limitMs);
      answering.then(
        (answer) => {
          timer.cancel();
          resolve(answer);
        },
        (error) => {
          timer.cancel();
          reject(error);
        },
      );
    });
  };
}

/** @throws StatusError BadRequest */
function limitOf({ query }: Exchange, longestMs: number): number {
  const asked = query.size === 0 ? null : query.get("timeout");
  if (asked === null || asked === "") return longestMs;
  const askedMs = parseDuration(asked);
  if (askedMs === undefined)
    throw badRequest(`invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(asked)}`);
  return askedMs <= 0 ? longestMs : Math.min(askedMs, longestMs);
}
