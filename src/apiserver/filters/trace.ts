import { parseTraceparent, type SpanRing, withTrace } from "../../base/trace.ts";
import { type Filter, observed } from "../exchange.ts";

/** Every request is a span below what caused it; everything it does is below that span. */
export function traceFilter(spans: SpanRing): Filter {
  return (exchange, next) => {
    const header = exchange.headers.traceparent;
    const span = spans.start("request", parseTraceparent(Array.isArray(header) ? header[0] : header));
    return observed(
      () => withTrace(span.context, () => next(exchange)),
      (answer) => {
        const code = answer === undefined ? 0 : "code" in answer ? answer.code : 200;
        span.end({ method: exchange.method, path: exchange.path, user: exchange.user?.name ?? "", code });
      },
    );
  };
}
