import type { OutgoingEvent, WatchEvents } from "../exchange.ts";

/** Batches from anywhere as what a watch tells. */
export function watchEventsOf(batches: AsyncGenerator<readonly OutgoingEvent[], void, undefined>): WatchEvents {
  return {
    async next() {
      const { done, value } = await batches.next();
      return done === true ? undefined : value;
    },
    isWaiting: false,
    whenAny() {},
    close: () => void batches.return(),
    [Symbol.asyncIterator]: () => batches,
  };
}
