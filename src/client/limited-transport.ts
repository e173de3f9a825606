import type { Transport, TransportRequest } from "./transport.ts";

/** How many requests may be under way at once, over all transports that share it. */
export interface RequestLimit {
  /** Resolves when there is room, in the order of the calls. Each call is followed by one `leave`. */
  enter(): Promise<void> | undefined;
  leave(): void;
}

export function createRequestLimit(most: number): RequestLimit {
  const waiting: (() => void)[] = [];
  let head = 0;
  let under = 0;
  return {
    enter() {
      if (under < most) {
        under++;
        return undefined;
      }
      return new Promise((resolve) => void waiting.push(resolve));
    },
    leave() {
      const next = waiting[head];
      if (next === undefined) {
        under--;
        return;
      }
      head++;
      // The one who waited takes the place of the one who leaves.
      next();
      if (head < waiting.length && head < 1024) return;
      waiting.splice(0, head);
      head = 0;
    },
  };
}

/**
 * The same door for many clients of one process, which would be told 429 and ask again if all of them asked at once. Watches
 * stay open for long and are not held back.
 */
export function limitedTransport(
  transport: Transport,
  limitOf: (request: TransportRequest) => RequestLimit,
): Transport {
  const inTurn = async <T>(request: TransportRequest, send: () => Promise<T>): Promise<T> => {
    const limit = limitOf(request);
    await limit.enter();
    try {
      return await send();
    } finally {
      limit.leave();
    }
  };
  return {
    request: (request) => inTurn(request, () => transport.request(request)),
    text: (request) => inTurn(request, () => transport.text(request)),
    watch: (request) => transport.watch(request),
    close: () => transport.close(),
  };
}
