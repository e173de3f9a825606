import type { Duplex } from "node:stream";
import type { ApiObject } from "../api/meta.ts";
import { type Status, StatusError } from "../api/status.ts";
import { AsyncQueue } from "../base/async-queue.ts";
import { openFrameStream } from "../base/frame-stream.ts";
import { onAbort } from "../base/on-abort.ts";
import { ShortLivedMap } from "../base/short-lived-map.ts";
import { currentTrace, formatTraceparent, parseTraceparent, type TraceContext } from "../base/trace.ts";
import { ASK, type AskedRequest, TELL } from "./pipe-protocol.ts";
import {
  type Transport,
  TransportClosedError,
  TransportError,
  type TransportRequest,
  type WatchEvent,
} from "./transport.ts";

/** Of one watch, that nobody has taken yet: whoever falls so far behind is told, and resumes from there. */
const MOST_EVENTS_WAITING = 100_000;

const EVENT_TYPES: Readonly<Record<number, WatchEvent["type"]>> = {
  [TELL.ADDED]: "ADDED",
  [TELL.MODIFIED]: "MODIFIED",
  [TELL.DELETED]: "DELETED",
  [TELL.BOOKMARK]: "BOOKMARK",
};

export interface PipeTransports {
  /** @param identity whose requests these are, as the server's side of the pipe takes it: plain data */
  transport(identity: unknown): Transport;
  /** Ends what is under way. The pipe is of no use after it. */
  close(): void;
}

/** As large as the number of a frame can be. */
const LARGEST_NUMBER = 0xffffffff;

/**
 * Ways to an API server in another process of this program (apiserver/pipe-server.ts has the pipe's other end).
 *
 * @param firstNumber of the requests, which count round: after some weeks of thousands a second the numbers come again
 */
export function openPipeTransports(pipe: Duplex, firstNumber = 1): PipeTransports {
  const asking = new ShortLivedMap<number, Asking>();
  let nextNumber = firstNumber;
  let doors = 0;
  let isOver = false;
  const frames = openFrameStream(pipe, {
    handle(kind, number, payload) {
      if (asking.get(number)?.told(kind, payload) === true) asking.delete(number);
    },
    over() {
      isOver = true;
      for (const each of asking.values()) {
        each.forget?.();
        each.fail(closed());
      }
      asking.clear();
    },
  });
  /** Watches keep theirs for long. */
  function freeNumber(): number {
    while (asking.has(nextNumber)) nextNumber = (nextNumber % LARGEST_NUMBER) + 1;
    const number = nextNumber;
    nextNumber = (nextNumber % LARGEST_NUMBER) + 1;
    return number;
  }
  function begin(door: Door, wants: AskedRequest["wants"], { signal, ...request }: TransportRequest, by: Asking): void {
    const refused = isOver || door.isClosed ? closed() : signal?.aborted ? (signal.reason as Error) : undefined;
    if (refused !== undefined) {
      by.fail(refused);
      return;
    }
    const number = freeNumber();
    asking.set(number, by);
    const trace = currentTrace();
    const traceparent = trace === undefined ? undefined : formatTraceparent(trace);
    const asked: AskedRequest = { ...request, door: door.number, wants, mayCancel: signal !== undefined, traceparent };
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
      const door: Door = { number: ++doors, isClosed: false };
      frames.send(ASK.OPEN, door.number, JSON.stringify(identity));
      return {
        request: async (request) => {
          const one = new AskingObject();
          begin(door, "object", request, one);
          return await one.answer;
        },
        text: async (request) => {
          const one = new AskingText();
          begin(door, "text", request, one);
          return await one.answer;
        },
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
          door.isClosed = true;
          frames.send(ASK.CLOSE, door.number, "");
        },
      };
    },
    close: () => frames.close(),
  };
}

interface Door {
  readonly number: number;
  isClosed: boolean;
}

const closed = (): TransportError => new TransportClosedError("the way to the API server was closed");

/** Who waits for what the server tells of a request. */
interface Asking {
  /** Stops waiting for its signal. */
  forget: (() => void) | undefined;
  /** @returns true when that was all */
  told(kind: number, payload: Buffer): boolean;
  fail(error: Error): void;
}

abstract class AskingOnce<T> implements Asking {
  forget: (() => void) | undefined = undefined;
  readonly answer: Promise<T>;
  readonly fail: (error: Error) => void;
  readonly #resolve: (answer: T) => void;

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.answer = promise;
    this.#resolve = resolve;
    this.fail = reject;
  }

  /** @returns the answer; undefined while more is to come */
  protected abstract read(kind: number, payload: Buffer): T | undefined;

  told(kind: number, payload: Buffer): boolean {
    const answer = kind === TELL.FAILED ? undefined : this.read(kind, payload);
    if (kind !== TELL.FAILED && answer === undefined) return false;
    this.forget?.();
    if (answer === undefined) this.fail(errorIn(payload));
    else this.#resolve(answer);
    return true;
  }
}

class AskingText extends AskingOnce<string> {
  protected read(_kind: number, payload: Buffer): string {
    return payload.toString();
  }
}

class AskingObject extends AskingOnce<ApiObject> {
  readonly #items: ApiObject[] = [];

  protected read(kind: number, payload: Buffer): ApiObject | undefined {
    const object = parse(payload);
    if (kind === TELL.LIST) return { ...object, items: this.#items } as ApiObject;
    if (kind !== TELL.ITEM) return object;
    this.#items.push(object);
    return undefined;
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

function parse(payload: Buffer): ApiObject {
  return JSON.parse(payload.toString()) as ApiObject;
}

function errorIn(payload: Buffer): StatusError {
  return new StatusError(parse(payload) as unknown as Status);
}
