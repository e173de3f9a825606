import { type ApiObject, apiVersionOf } from "../api/meta.ts";
import { listKindOf } from "../api/schema.ts";
import { failure, internalError, pageNotFound, type Status, StatusError } from "../api/status.ts";
import type { Clock } from "../base/clock.ts";
import { parseJsonLines } from "../base/json-lines.ts";
import { currentTrace, formatTraceparent } from "../base/trace.ts";
import { nextStart, type TurnBudget } from "../base/turn-budget.ts";
import { eachInTurns } from "../base/turn-time.ts";
import type { Transport, TransportRequest, WatchEvent } from "../client/transport.ts";
import type { UserInfo } from "./authn/authenticator.ts";
import type { Answer, Exchange, Handler, ObjectAnswer, OutgoingEvent, StreamAnswer } from "./exchange.ts";
import { objectOf } from "./registry/codec.ts";
import { requestInfo } from "./request-info.ts";

const LARGEST_EVENT_BYTES = 32 * 1024 * 1024;

export interface InProcessIdentity {
  readonly user: UserInfo;
  readonly userAgent: string;
}

/**
 * The transport of components that live in the API server's process. Objects pass by reference, frozen in spirit; the
 * chain of filters is the same as for everybody, with the component's own identity in place of a certificate. Requests of
 * components never wait for a socket: the budget, which all of them share, lets those of the network have their turn.
 */
export function inProcessTransport(
  handler: Handler,
  identity: InProcessIdentity,
  { turns, clock }: { turns: TurnBudget; clock: Clock },
): Transport {
  const send = async (request: TransportRequest, signal = request.signal): Promise<Answer> => {
    const turn = nextStart(turns);
    if (turn !== undefined) await turn;
    const answer = await handler(exchangeOf(request, identity, signal));
    if (answer.kind === "object" && answer.code >= 400) throw new StatusError(answer.object as unknown as Status);
    if (answer.kind === "text" && answer.code === 404) throw pageNotFound();
    return answer;
  };
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

async function* watch(
  send: (request: TransportRequest, signal?: AbortSignal) => Promise<Answer>,
  request: TransportRequest,
): AsyncGenerator<WatchEvent, void, undefined> {
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

/** An aggregated server's answer comes as bytes. @throws StatusError */
async function streamedObject({ code, chunks }: StreamAnswer): Promise<ApiObject> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const object = JSON.parse(Buffer.concat(parts).toString() || "{}") as ApiObject;
  if (code < 400) return object;
  if (object.kind === "Status") throw new StatusError(object as unknown as Status);
  throw failure(code, "ServiceUnavailable", `the aggregated server answered with ${code}`);
}

async function* streamedEvents(answer: StreamAnswer): AsyncGenerator<WatchEvent, void, undefined> {
  if (answer.code >= 400) await streamedObject(answer);
  for await (const value of parseJsonLines(answer.chunks, LARGEST_EVENT_BYTES)) {
    const { type, object } = value as { type: WatchEvent["type"] | "ERROR"; object: ApiObject };
    if (type === "ERROR") throw new StatusError(object as unknown as Status);
    yield { type, object };
  }
}

async function listObject(answer: Extract<Answer, { kind: "list" }>, clock: Clock): Promise<ApiObject> {
  const { schema } = answer.resource;
  const items: ApiObject[] = [];
  await eachInTurns(clock, answer.entries, ({ bytes }) => void items.push(objectOf(bytes)));
  const list = {
    kind: listKindOf(schema),
    apiVersion: apiVersionOf(schema),
    metadata: {
      resourceVersion: String(answer.revision),
      ...(answer.continueToken === undefined ? {} : { continue: answer.continueToken }),
      ...(answer.remaining === undefined ? {} : { remainingItemCount: answer.remaining }),
    },
    items,
  };
  return list as ApiObject;
}

/** Most requests of components. Nobody changes a query. */
const NO_QUERY = new URLSearchParams();

function exchangeOf(request: TransportRequest, identity: InProcessIdentity, signal: AbortSignal | undefined): Exchange {
  const query = request.query === undefined ? NO_QUERY : new URLSearchParams(request.query);
  const trace = currentTrace();
  const { userAgent } = identity;
  const headers =
    trace === undefined
      ? { "user-agent": userAgent }
      : { "user-agent": userAgent, traceparent: formatTraceparent(trace) };
  return new InProcessExchange(request, { query, headers, user: identity.user }, signal);
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
