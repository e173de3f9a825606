import { pageNotFound, type Status, StatusError } from "../api/status.ts";
import { currentTrace, formatTraceparent } from "../base/trace.ts";
import { nextStart, type TurnBudget } from "../base/turn-budget.ts";
import type { TransportRequest } from "../client/transport.ts";
import type { UserInfo } from "./authn/authenticator.ts";
import type { StoreFeed } from "./cache/store-feed.ts";
import type { Answer, Exchange, Handler } from "./exchange.ts";
import { requestInfo } from "./request-info.ts";

export interface InProcessIdentity {
  readonly user: UserInfo;
  readonly userAgent: string;
}

export interface LocalRequest extends TransportRequest {
  /** Of what caused the request, where that is not the work that runs now. */
  readonly traceparent?: string | undefined;
}

/** @throws StatusError when the answer is one */
export type LocalRequests = (request: LocalRequest, signal?: AbortSignal) => Promise<Answer>;

/**
 * Requests of components that live in the API server's process. The chain of filters is the same as for everybody, with the
 * component's own identity in place of a certificate. They never wait for a socket: the budget, which all of them share, lets
 * requests of the network have their turn.
 */
export function localRequests(handler: Handler, identity: InProcessIdentity, turns: TurnBudget): LocalRequests {
  return async (request, signal = request.signal) => {
    const turn = nextStart(turns);
    if (turn !== undefined) await turn;
    const answer = await handler(exchangeOf(request, identity, signal));
    if (answer.kind === "object" && answer.code >= 400) throw new StatusError(answer.object as unknown as Status);
    if (answer.kind === "text" && answer.code === 404) throw pageNotFound();
    return answer;
  };
}

/** Components find what they have written in their caches as soon as they have the answer. */
export function seenAtOnce(handler: Handler, feed: Pick<StoreFeed, "hurry">): Handler {
  const write = async (exchange: Exchange): Promise<Answer> => {
    const done = feed.hurry();
    try {
      return await handler(exchange);
    } finally {
      done();
    }
  };
  return (exchange) => (exchange.method === "GET" ? handler(exchange) : write(exchange));
}

/** Most requests of components. Nobody changes a query. */
const NO_QUERY = new URLSearchParams();

function exchangeOf(request: LocalRequest, identity: InProcessIdentity, signal: AbortSignal | undefined): Exchange {
  const query = request.query === undefined ? NO_QUERY : new URLSearchParams(request.query);
  const traceparent = request.traceparent ?? traceparentNow();
  const { userAgent } = identity;
  const headers = traceparent === undefined ? { "user-agent": userAgent } : { "user-agent": userAgent, traceparent };
  return new InProcessExchange(request, { query, headers, user: identity.user }, signal);
}

function traceparentNow(): string | undefined {
  const trace = currentTrace();
  return trace === undefined ? undefined : formatTraceparent(trace);
}

const NO_BYTES = async (): Promise<Buffer> => Buffer.alloc(0);

class InProcessExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Exchange["headers"];
  readonly info: Exchange["info"];
  readonly credentials: Exchange["credentials"];
  user: Exchange["user"];
  readonly body: Exchange["body"];
  readonly warnings: string[] = [];
  answerHeaders: Record<string, string> | undefined = undefined;
  untilMs: number | undefined = undefined;
  waitedMs: number | undefined = undefined;
  auditAnnotations: Record<string, string> | undefined = undefined;
  /** Copies of the exchange take it along. */
  madeSignal: AbortSignal | undefined;

  constructor(
    { method, path, contentType = "", body }: TransportRequest,
    asked: Pick<Exchange, "query" | "headers" | "user">,
    signal: AbortSignal | undefined,
  ) {
    this.method = method;
    this.path = path;
    this.query = asked.query;
    this.headers = asked.headers;
    this.info = requestInfo(method, path, asked.query);
    this.credentials = { headers: asked.headers };
    this.user = asked.user;
    this.body = { contentType, value: body, read: NO_BYTES };
    this.madeSignal = signal;
  }

  /** Most requests that nobody can call off are over before anybody asks. */
  get signal(): AbortSignal {
    this.madeSignal ??= new AbortController().signal;
    return this.madeSignal;
  }
}
