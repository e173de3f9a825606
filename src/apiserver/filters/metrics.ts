import type { Clock } from "../../base/clock.ts";
import type { Exchange, Filter } from "../exchange.ts";
import { isLongRunning } from "../long-running.ts";
import type { RequestMetrics } from "../metrics/request-metrics.ts";

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

/** Calls back when the last of an answer that goes on (a watch, a followed log, an exec) is over. */
export function whenOver(exchange: Exchange, callback: () => void): void {
  const { scope } = exchange;
  if (scope !== undefined) scope.after(callback);
  else if (exchange.signal.aborted) callback();
  else exchange.signal.addEventListener("abort", callback, { once: true });
}
