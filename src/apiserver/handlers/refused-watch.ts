import type { ApiObject } from "../../api/meta.ts";
import type { StatusError } from "../../api/status.ts";
import type { OutgoingEvent, WatchEvents } from "../exchange.ts";

/** As upstream: what a watch is refused for once its request is known to be one is told as its only event. */
export function refusedWatch({ status }: StatusError): WatchEvents {
  let batch: readonly OutgoingEvent[] | undefined = [{ type: "ERROR", object: status as ApiObject }];
  const next = async () => {
    const told = batch;
    batch = undefined;
    return told;
  };
  return {
    next,
    isWaiting: false,
    whenAny: (sleeper) => sleeper.wake(),
    close() {
      batch = undefined;
    },
    async *[Symbol.asyncIterator]() {
      for (let told = await next(); told !== undefined; told = await next()) yield told;
    },
  };
}
