import type { Clock } from "../../base/clock.ts";
import { type Answer, type Filter, observed } from "../exchange.ts";
import { isLongRunning } from "../long-running.ts";
import type { RequestMetrics } from "../metrics/request-metrics.ts";
import { whenOver } from "../when-over.ts";

/** Counts requests: how many, how long they took, how many are under way. */
export function metricsFilter(recorded: RequestMetrics, clock: Clock): Filter {
  return (exchange, next) => {
    const startMs = clock.monotonic();
    const isLong = isLongRunning(exchange.info);
    const running = recorded.running(exchange, isLong);
    running.inc();
    return observed(
      () => next(exchange),
      (answer) => {
        const seconds = (clock.monotonic() - startMs) / 1000;
        recorded.answered(exchange, codeOf(answer), { seconds, waitedSeconds: (exchange.waitedMs ?? 0) / 1000 });
        if (isLong && goesOn(answer)) whenOver(exchange, running.dec);
        else running.dec();
      },
    );
  };
}

function codeOf(answer: Answer | undefined): number {
  if (answer === undefined) return 500;
  return "code" in answer ? answer.code : answer.kind === "taken" ? 101 : 200;
}

function goesOn(answer: Answer | undefined): boolean {
  return answer?.kind === "watch" || answer?.kind === "stream" || answer?.kind === "taken";
}
