import type { ApiObject } from "../../api/meta.ts";
import { entityTooLarge, internalError, type Status, StatusError, serviceUnavailable } from "../../api/status.ts";
import type { Logger } from "../../base/log.ts";
import { StoreUnavailableError, ValueTooLargeError } from "../../store/store.ts";
import { type Answer, type Exchange, type Filter, objectAnswer } from "../exchange.ts";

/** Turns whatever was thrown into a Status; what nobody expected is logged and told as an internal error. */
export function errorsFilter(log: Logger): Filter {
  const answerOf = (error: unknown, { method, path }: Exchange): Answer => {
    const { status } = statusOf(error, log, `${method} ${path}`);
    return objectAnswer(status as ApiObject, { code: status.code });
  };
  return (exchange, next) => {
    try {
      const answering = next(exchange);
      return answering instanceof Promise ? answering.catch((error) => answerOf(error, exchange)) : answering;
    } catch (error) {
      return answerOf(error, exchange);
    }
  };
}

export function statusOf(error: unknown, log: Logger, what: string): { status: Status } {
  if (error instanceof StatusError) return { status: error.status };
  if (error instanceof ValueTooLargeError) return entityTooLarge(error.message);
  if (error instanceof StoreUnavailableError) return serviceUnavailable(error.message);
  const message = error instanceof Error ? error.message : String(error);
  log.error("a request failed in a way nobody expected", {
    request: what,
    error: error instanceof Error ? error.stack : error,
  });
  return internalError(message);
}
