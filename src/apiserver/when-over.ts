import type { Exchange } from "./exchange.ts";

/** Calls back when the last of an answer that goes on (a watch, a followed log, an exec) is over. */
export function whenOver(exchange: Exchange, callback: () => void): void {
  const { scope } = exchange;
  if (scope !== undefined) scope.after(callback);
  else if (exchange.signal.aborted) callback();
  else exchange.signal.addEventListener("abort", callback, { once: true });
}

/** Takes that back: who waits for a seat does not care about the end any more when it has one. */
export function notWhenOver(exchange: Exchange, callback: () => void): void {
  if (exchange.scope !== undefined) exchange.scope.notAfter(callback);
  else exchange.signal.removeEventListener("abort", callback);
}
