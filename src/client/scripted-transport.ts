import type { ApiObject } from "../api/meta.ts";
import { AsyncQueue } from "../base/async-queue.ts";
import type { Transport, TransportRequest, WatchEvent } from "./transport.ts";

/** A watch that a test feeds: `push` events, then `end` it, with an error or without. */
export interface ScriptedWatch {
  readonly request: TransportRequest;
  readonly events: AsyncQueue<WatchEvent>;
}

export interface ScriptedTransport extends Transport {
  /** What came in, oldest first. */
  readonly requests: TransportRequest[];
  /** Watches that were opened, oldest first. */
  readonly watches: ScriptedWatch[];
}

/** For tests: answers what the test says, keeps what it was asked, and has no idea of Kubernetes. */
export function createScriptedTransport(
  answer: (request: TransportRequest) => ApiObject | Promise<ApiObject>,
): ScriptedTransport {
  const requests: TransportRequest[] = [];
  const watches: ScriptedWatch[] = [];
  return {
    requests,
    watches,
    async request(request) {
      requests.push(request);
      return await answer(request);
    },
    async *watch(request) {
      const events = new AsyncQueue<WatchEvent>(1000);
      watches.push({ request, events });
      const abort = (): void => events.end();
      request.signal?.addEventListener("abort", abort);
      yield* events;
    },
    text: (request) => Promise.reject(new Error(`no text under ${request.path}`)),
    close: () => Promise.resolve(),
  };
}
