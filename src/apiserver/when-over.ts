import type { Exchange } from "./exchange.ts";

/** Calls back when the last of an answer that goes on (a watch, a followed log, an exec) is over. */
export function whenOver(exchange: Exchange, callback: () => void): void {
  const { scope } = exchange;
  if (scope !== undefined) scope.after(callback);
  else if (exchange.signal.aborted) callback();
  else exchange.signal.addEventListener("abort", callback, { once: true });
}
