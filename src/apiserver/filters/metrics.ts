import type { Clock } from "../../base/clock.ts";
import type { Filter } from "../exchange.ts";
import { isLongRunning } from "../long-running.ts";
import type { RequestMetrics } from "../metrics/request-metrics.ts";
import { whenOver } from "../when-over.ts";

/** Counts requests: how many, how long they took, how many are under way. */
export function metricsFilter(recorded: RequestMetrics, clock: Clock): Filter {
  return async (exchange, next) => {
    const startMs = clock.monotonic();
    const isLong = isLongRunning(exchange.info);
    const running = recorded.running(exchange, isLong);
    running.inc();
    let goesOn = false;
    let code = 500;
    try {
      const answer = await next(exchange);
      code = "code" in answer ? answer.code : answer.kind === "taken" ? 101 : 200;
      goesOn = isLong && (answer.kind === "watch" || answer.kind === "stream" || answer.kind === "taken");
      return answer;
    } finally {
      const seconds = (clock.monotonic() - startMs) / 1000;
      recorded.answered(exchange, code, { seconds, waitedSeconds: (exchange.waitedMs ?? 0) / 1000 });
      if (!goesOn) running.dec();
      else whenOver(exchange, () => running.dec());
    }
  };
}
