import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ApiObject } from "../api/meta.ts";
import type { Sleeper } from "../base/async-queue.ts";
import type { Credentials, UserInfo } from "./authn/authenticator.ts";
import type { CacheEntry } from "./cache/entry.ts";
import type { SelectedEvent } from "./cache/selection.ts";
import type { RequestScope } from "./http/request-scope.ts";
import type { ServedResource } from "./registry/resource.ts";
import type { RequestInfo } from "./request-info.ts";

/** One request on its way through the filter chain, wherever it came from. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly info: RequestInfo;
  readonly credentials: Credentials;
  /** Set by the authentication filter; in process by the transport. */
  user: UserInfo | undefined;
  /** The verb of the right for some requests only by which the user became somebody else. */
  impersonationConstraint?: string | undefined;
  /** Aborts when the client goes away or the server stops. */
  readonly signal: AbortSignal;
  /** Says the same for less, where there may be very many that wait. Absent in process. */
  readonly scope?: RequestScope | undefined;
  readonly body: RequestBody;
  /** Texts for `Warning` headers of the answer. */
  readonly warnings: string[];
  /** Further headers of the answer. In process nobody reads them. */
  answerHeaders?: Record<string, string> | undefined;
  /** Address of the peer. Absent in process. */
  readonly remoteAddress?: string | undefined;
  /** Ends the work on a request from outside whose time is over. */
  readonly giveUp?: (() => void) | undefined;
  /** When the time is over that the client gives the request, by the monotonic clock; absent when it says nothing. */
  untilMs?: number | undefined;
  /** How long flow control kept the request waiting. */
  waitedMs?: number | undefined;
  /** What goes into the request's audit event besides what it says itself; absent while nobody audits it. */
  auditAnnotations?: Record<string, string> | undefined;
  /** Its answer is not compressed, whatever its client takes. */
  staysPlain?: boolean;
  /** The raw HTTP/1.1 exchange, for requests that become streams. Absent in process and for HTTP/2. */
  readonly upgrade?: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer } | undefined;
}

export interface RequestBody {
  readonly contentType: string;
  /** A parsed body that was handed over in process; undefined when bytes must be read. */
  readonly value?: unknown;
  /** True once somebody has asked for the bytes. */
  readonly wasRead?: () => boolean;
  /** How many bytes have been read. */
  readonly size?: () => number;
  /** All bytes, at most as many as the server takes: at once when they are there. @throws StatusError RequestEntityTooLarge */
  read(): Buffer | Promise<Buffer>;
}

/** What a handler answers; the edge that the request came through gives it its form. */
export type Answer = ObjectAnswer | ListAnswer | WatchAnswer | TextAnswer | StreamAnswer | TakenAnswer;

export interface ObjectAnswer {
  readonly kind: "object";
  readonly code: number;
  readonly object: ApiObject;
  /** The object as JSON, where it exists already. */
  readonly bytes?: Buffer | undefined;
  readonly resource?: ServedResource | undefined;
}

export interface ListAnswer {
  readonly kind: "list";
  readonly resource: ServedResource;
  readonly revision: number;
  readonly entries: readonly CacheEntry[];
  readonly continueToken?: string | undefined;
  readonly remaining?: number | undefined;
}

export interface WatchAnswer {
  readonly kind: "watch";
  readonly resource: ServedResource;
  readonly events: WatchEvents;
}

/** What a watch tells, in batches: what came together may go on together. Begins when it is first asked. */
export interface WatchEvents extends AsyncIterable<readonly OutgoingEvent[]> {
  /** The next batch, which may be empty, when there is one; undefined at the end. @throws what breaks the watch off */
  next(): Promise<readonly OutgoingEvent[] | undefined>;
  /** True while `next` would have to wait for something to happen: who waits by `whenAny` keeps no promise meanwhile. */
  readonly isWaiting: boolean;
  /** Wakes once, when `next` has something to say. */
  whenAny(sleeper: Sleeper): void;
  /** Nobody asks any more. Idempotent. */
  close(): void;
}

export type OutgoingEvent = SelectedEvent | BookmarkEvent | ErrorEvent;

export interface BookmarkEvent {
  readonly type: "BOOKMARK";
  readonly object: ApiObject;
}

export interface ErrorEvent {
  readonly type: "ERROR";
  readonly object: ApiObject;
}

/** Text, or any bytes with a content type of their own. */
export interface TextAnswer {
  readonly kind: "text";
  readonly code: number;
  readonly contentType: string;
  readonly text: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Bytes as they come, such as a followed log or a proxied answer. */
export interface StreamAnswer {
  readonly kind: "stream";
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly chunks: AsyncIterable<Buffer>;
}

/** The handler has taken the raw connection and answers on it by itself. */
export interface TakenAnswer {
  readonly kind: "taken";
}

/** The same request, told to be about something else. */
export function withInfo(exchange: Exchange, info: RequestInfo): Exchange {
  return withChanged(exchange, { info });
}

/** A copy with something else in it. What the original makes when it is asked for, the copy makes as well. */
export function withChanged(exchange: Exchange, changed: Partial<Exchange>): Exchange {
  return Object.assign(Object.create(Object.getPrototypeOf(exchange)), exchange, changed);
}

/** What a request comes to: there at once when nobody had to wait for anything, for each wait between costs its own. */
export type Answering = Answer | Promise<Answer>;

/** Answers; what it throws and what it rejects with are the same to its caller. */
export type Handler = (exchange: Exchange) => Answering;

/** One step of the chain: answers, or hands on to `next` and may look at what comes back. */
export type Filter = (exchange: Exchange, next: Handler) => Answering;

/** The filters in order around the handler. */
export function chain(filters: readonly Filter[], handler: Handler): Handler {
  return filters.reduceRight<Handler>((next, filter) => (exchange) => filter(exchange, next), handler);
}

/**
 * Tells once how the rest of the chain ended, before who called hears of it.
 * @param over gets the answer, or undefined when there is none because of an error
 */
export function observed(answer: () => Answering, over: (answer: Answer | undefined) => void): Answering {
  let answering: Answering;
  try {
    answering = answer();
  } catch (error) {
    over(undefined);
    throw error;
  }
  if (answering instanceof Promise) {
    return answering.then(
      (answered) => {
        over(answered);
        return answered;
      },
      (error: unknown) => {
        over(undefined);
        throw error;
      },
    );
  }
  over(answering);
  return answering;
}

export function objectAnswer(
  object: ApiObject,
  options: { code?: number; bytes?: Buffer; resource?: ServedResource } = {},
): ObjectAnswer {
  return { kind: "object", code: options.code ?? 200, object, bytes: options.bytes, resource: options.resource };
}

export function textAnswer(
  text: string,
  options: { code?: number; contentType?: string; headers?: Readonly<Record<string, string>> } = {},
): TextAnswer {
  return {
    kind: "text",
    code: options.code ?? 200,
    contentType: options.contentType ?? "text/plain; charset=utf-8",
    text,
    ...(options.headers === undefined ? {} : { headers: options.headers }),
  };
}
