import { type Filter, observed } from "../exchange.ts";
import { tooManyRequests } from "../flow-control/flow-control.ts";
import { isLongRunning } from "../long-running.ts";
import { isMutating } from "../metrics/request-metrics.ts";

export interface InFlightLimits {
  /** Reads at once; 0: any number. */
  readonly requests: number;
  readonly mutating: number;
}

/** What stands in for flow control where it is switched off: so many requests at once, and no more. */
export function inFlightFilter(limits: InFlightLimits): Filter {
  const reads = { limit: limits.requests, count: 0 };
  const writes = { limit: limits.mutating, count: 0 };
  return (exchange, next) => {
    if (isLongRunning(exchange.info)) return next(exchange);
    const kind = isMutating(exchange.info.verb) ? writes : reads;
    const isPrivileged = exchange.user?.groups.includes("system:masters") === true;
    if (kind.limit > 0 && kind.count >= kind.limit && !isPrivileged) throw tooManyRequests();
    kind.count++;
    return observed(
      () => next(exchange),
      () => void kind.count--,
    );
  };
}
