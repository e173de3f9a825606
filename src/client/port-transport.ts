import type { MessagePort } from "node:worker_threads";
import type { ApiObject } from "../api/meta.ts";
import { type Status, StatusError } from "../api/status.ts";
import { AsyncQueue } from "../base/async-queue.ts";
import type { Clock } from "../base/clock.ts";
import { openFramePort } from "../base/frame-port.ts";
import { onAbort } from "../base/on-abort.ts";
import { currentTrace, formatTraceparent, parseTraceparent, type TraceContext } from "../base/trace.ts";
import { eachInTurns } from "../base/turn-time.ts";
import { ASK, type AskedRequest, TELL } from "./port-protocol.ts";
import { type Transport, TransportError, type TransportRequest, type WatchEvent } from "./transport.ts";

/** Of one watch, that nobody has taken yet: whoever falls so far behind is told, and resumes from there. */
const MOST_EVENTS_WAITING = 100_000;

const EVENT_TYPES: Readonly<Record<number, WatchEvent["type"]>> = {
  [TELL.ADDED]: "ADDED",
  [TELL.MODIFIED]: "MODIFIED",
  [TELL.DELETED]: "DELETED",
  [TELL.BOOKMARK]: "BOOKMARK",
};

export interface PortTransports {
  /** @param identity whose requests these are, as the server's side of the port takes it: plain data */
  transport(identity: unknown): Transport;
  /** Ends what is under way. The port is of no use after it. */
  close(): void;
}

/** Ways to an API server in another thread of this process (apiserver/port-server.ts has the port's other end). */
export function openPortTransports(port: MessagePort, clock: Clock): PortTransports {
  const asking = new Map<number, Asking>();
  let nextNumber = 1;
  let isOver = false;
  const frames = openFramePort(port, {
    handle(kind, number, payload) {
      if (asking.get(number)?.told(kind, payload) === true) asking.delete(number);
    },
    over() {
      isOver = true;
      for (const each of asking.values()) each.fail(closed());
      asking.clear();
    },
  });
  function begin(
    door: number,
    wants: AskedRequest["wants"],
    { signal, ...request }: TransportRequest,
    by: Asking,
  ): void {
    const refused = isOver ? closed() : signal?.aborted ? (signal.reason as Error) : undefined;
    if (refused !== undefined) {
      by.fail(refused);
      return;
    }
    const number = nextNumber++;
    asking.set(number, by);
    const trace = currentTrace();
    const traceparent = trace === undefined ? undefined : formatTraceparent(trace);
    const asked: AskedRequest = { ...request, door, wants, mayCancel: signal !== undefined, traceparent };
    frames.send(ASK.REQUEST, number, JSON.stringify(asked));
    if (signal === undefined) return;
    by.forget = onAbort(signal, () => {
      asking.delete(number);
      frames.send(ASK.CANCEL, number, "");
      by.fail(signal.reason as Error);
    });
  }
  return {
    transport(identity) {
      const door = nextNumber++;
      frames.send(ASK.OPEN, door, JSON.stringify(identity));
      const answerTo = (wants: "object" | "text", request: TransportRequest): Promise<Told> => {
        const one = new AskingOnce();
        begin(door, wants, request, one);
        return one.answer;
      };
      return {
        request: async (request) => await objectIn(await answerTo("object", request), clock),
        text: async (request) => (await answerTo("text", request)).answer.toString(),
        async *watch(request) {
          const stopping = new AbortController();
          const signal =
            request.signal === undefined ? stopping.signal : AbortSignal.any([request.signal, stopping.signal]);
          const events = new AskingEvents();
          begin(door, "watch", { ...request, signal }, events);
          try {
            yield* events.queue;
          } catch (error) {
            // As over the network: who calls a watch off gets its end.
            if (!request.signal?.aborted) throw error;
          } finally {
            stopping.abort();
          }
        },
        async close() {
          frames.send(ASK.CLOSE, door, "");
        },
      };
    },
    close: () => frames.close(),
  };
}

const closed = (): TransportError => new TransportError("the way to the API server was closed");

/** Who waits for what the server tells of a request. */
interface Asking {
  /** Stops waiting for its signal. */
  forget: (() => void) | undefined;
  /** @returns true when that was all */
  told(kind: number, payload: Buffer): boolean;
  fail(error: Error): void;
}

interface Told {
  readonly answer: Buffer;
  /** Of a list. */
  readonly items: readonly Buffer[] | undefined;
}

class AskingOnce implements Asking {
  forget: (() => void) | undefined = undefined;
  readonly answer: Promise<Told>;
  readonly fail: (error: Error) => void;
  readonly #resolve: (told: Told) => void;
  readonly #items: Buffer[] = [];

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<Told>();
    this.answer = promise;
    this.#resolve = resolve;
    this.fail = reject;
  }

  told(kind: number, payload: Buffer): boolean {
    if (kind === TELL.ITEM) {
      this.#items.push(payload);
      return false;
    }
    this.forget?.();
    if (kind === TELL.FAILED) this.fail(errorIn(payload));
    else this.#resolve({ answer: payload, items: kind === TELL.LIST ? this.#items : undefined });
    return true;
  }
}

class AskingEvents implements Asking {
  forget: (() => void) | undefined = undefined;
  readonly queue = new AsyncQueue<WatchEvent>(MOST_EVENTS_WAITING);
  #cause: TraceContext | undefined = undefined;

  told(kind: number, payload: Buffer): boolean {
    if (kind === TELL.CAUSE) {
      this.#cause = parseTraceparent(payload.toString("latin1"));
      return false;
    }
    const type = EVENT_TYPES[kind];
    if (type === undefined) {
      this.forget?.();
      this.queue.end(kind === TELL.FAILED ? errorIn(payload) : undefined);
      return true;
    }
    const event: WatchEvent = { type, object: parse(payload), cause: this.#cause };
    this.#cause = undefined;
    if (!this.queue.push(event)) this.fail(new TransportError("the watch has fallen behind"));
    return false;
  }

  fail(error: Error): void {
    this.queue.end(error);
  }
}

async function objectIn({ answer, items }: Told, clock: Clock): Promise<ApiObject> {
  const object = parse(answer);
  if (items === undefined) return object;
  const parsed: ApiObject[] = [];
  await eachInTurns(clock, items, (item) => void parsed.push(parse(item)));
  return { ...object, items: parsed } as ApiObject;
}

function parse(payload: Buffer): ApiObject {
  return JSON.parse(payload.toString()) as ApiObject;
}

function errorIn(payload: Buffer): StatusError {
  return new StatusError(parse(payload) as unknown as Status);
}
