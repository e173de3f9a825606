import { parseTraceparent, type SpanRing, withTrace } from "../../base/trace.ts";
import type { Filter } from "../exchange.ts";

/** Every request is a span below what caused it; everything it does is below that span. */
export function traceFilter(spans: SpanRing): Filter {
  return async (exchange, next) => {
    const header = exchange.headers.traceparent;
    const span = spans.start("request", parseTraceparent(Array.isArray(header) ? header[0] : header));
    let code = 0;
    try {
      const answer = await withTrace(span.context, () => next(exchange));
      code = "code" in answer ? answer.code : 200;
      return answer;
    } finally {
      span.end({ method: exchange.method, path: exchange.path, user: exchange.user?.name ?? "", code });
    }
  };
}
