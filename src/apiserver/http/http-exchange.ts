import type { IncomingHttpHeaders } from "node:http";
import { badRequest } from "../../api/status.ts";
import type { Credentials, UserInfo } from "../authn/authenticator.ts";
import type { Exchange, RequestBody } from "../exchange.ts";
import { type RequestInfo, requestInfo } from "../request-info.ts";
import type { Message } from "./message.ts";
import type { RequestScope } from "./request-scope.ts";

const TIME_OVER = "the request's time is over";
/** Of most requests. Nobody changes a request's query. */
const NO_QUERY = new URLSearchParams();

/** A request from outside. One object, since there are many of them: what is rarely asked for is made when it is. */
class HttpExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly info: RequestInfo;
  readonly credentials: Credentials;
  user: UserInfo | undefined = undefined;
  readonly scope: RequestScope;
  readonly body: RequestBody;
  readonly warnings: string[] = [];
  answerHeaders: Record<string, string> | undefined = undefined;
  readonly remoteAddress: string;
  waitedMs: number | undefined = undefined;
  auditAnnotations: Record<string, string> | undefined = undefined;
  readonly upgrade: Exchange["upgrade"];

  constructor(
    message: Message,
    scope: RequestScope,
    asked: { readonly path: string; readonly query: URLSearchParams; readonly info: RequestInfo },
  ) {
    this.method = message.method;
    this.path = asked.path;
    this.query = asked.query;
    this.headers = message.headers;
    this.info = asked.info;
    this.credentials = message.credentials;
    this.scope = scope;
    this.body = message.body;
    this.remoteAddress = message.remoteAddress;
    this.upgrade = message.upgrade;
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  giveUp(): void {
    this.scope.end(TIME_OVER);
  }
}

/** @throws StatusError BadRequest when the URL cannot be read */
export function exchangeOf(message: Message, scope: RequestScope): Exchange {
  const { url } = message;
  const question = url.indexOf("?");
  const path = question < 0 ? url : url.slice(0, question);
  const query = question < 0 ? NO_QUERY : new URLSearchParams(url.slice(question + 1));
  return new HttpExchange(message, scope, { path, query, info: infoOf(message.method, path, query) });
}

function infoOf(method: string, path: string, query: URLSearchParams): RequestInfo {
  try {
    return requestInfo(method, path, query);
  } catch {
    throw badRequest("the path of the request is not valid percent-encoding");
  }
}

/** What an answer needs when the request itself could not be understood. */
export function plainExchange(message: Message, scope: RequestScope): Exchange {
  const info = requestInfo("GET", "/", NO_QUERY);
  return new HttpExchange(message, scope, { path: "/", query: NO_QUERY, info });
}
