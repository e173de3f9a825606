import type { Filter } from "../exchange.ts";

/** Answers are not compressed, whatever their clients take. */
export const plainFilter: Filter = (exchange, next) => {
  exchange.staysPlain = true;
  return next(exchange);
};
