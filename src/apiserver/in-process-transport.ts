import type { ApiObject } from "../api/meta.ts";
import { internalError, type Status, StatusError } from "../api/status.ts";
import type { Clock } from "../base/clock.ts";
import { eachInTurns } from "../base/turn-time.ts";
import type { Transport, TransportRequest, WatchEvent } from "../client/transport.ts";
import type { Answer, ObjectAnswer, OutgoingEvent } from "./exchange.ts";
import { listHead } from "./list-head.ts";
import type { LocalRequests } from "./local-requests.ts";
import { objectOf } from "./registry/codec.ts";
import { streamedEvents, streamedObject } from "./streamed-answer.ts";

/** The transport of components in the API server's thread. Objects pass by reference, frozen in spirit. */
export function inProcessTransport(send: LocalRequests, clock: Clock): Transport {
  return {
    async request(request) {
      const answer = await send(request);
      if (answer.kind === "object") return shownObject(answer);
      if (answer.kind === "list") return listObject(answer, clock);
      if (answer.kind === "stream") return streamedObject(answer);
      throw internalError(`${request.path} does not answer with an object`);
    },
    async text(request) {
      const answer = await send(request);
      if (answer.kind === "text") return answer.text.toString();
      throw internalError(`${request.path} does not answer with text`);
    },
    watch: (request) => watch(send, request),
    close: async () => {},
  };
}

async function* watch(send: LocalRequests, request: TransportRequest): AsyncGenerator<WatchEvent, void, undefined> {
  const scope = new AbortController();
  const stop = (): void => scope.abort();
  request.signal?.addEventListener("abort", stop);
  if (request.signal?.aborted) stop();
  try {
    const answer = await send(request, scope.signal);
    if (answer.kind === "stream") {
      yield* streamedEvents(answer);
      return;
    }
    if (answer.kind !== "watch") throw internalError(`${request.path} does not answer with a watch`);
    for await (const batch of answer.events) {
      // At once: components see what they wrote themselves as soon as they have the answer.
      for (const event of batch) yield toldEvent(event);
    }
  } finally {
    request.signal?.removeEventListener("abort", stop);
    scope.abort();
  }
}

/** @throws StatusError of what ends a watch */
function toldEvent(event: OutgoingEvent): WatchEvent {
  if (event.type === "ERROR") throw new StatusError(event.object as unknown as Status);
  if (event.type === "BOOKMARK") return { type: event.type, object: event.object };
  return { type: event.type, object: event.event.object(event.type), cause: event.event.cause() };
}

/** Components have numbers for integers, whatever their size. */
function shownObject({ object, bytes }: ObjectAnswer): ApiObject {
  return bytes === undefined || bytes.at(-1) !== 0x20 ? object : objectOf(bytes);
}

async function listObject(answer: Extract<Answer, { kind: "list" }>, clock: Clock): Promise<ApiObject> {
  const items: ApiObject[] = [];
  await eachInTurns(clock, answer.entries, ({ bytes }) => void items.push(objectOf(bytes)));
  return { ...listHead(answer), items } as ApiObject;
}
