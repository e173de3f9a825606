import type { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import { badRequest, type StatusError } from "../../api/status.ts";
import type { Credentials } from "../authn/authenticator.ts";
import type { Exchange, RequestBody } from "../exchange.ts";
import { requestInfo } from "../request-info.ts";
import { clientCertificateOf } from "./client-certificate.ts";
import { bodyReader } from "./read-body.ts";
import { separated } from "./repeated-headers.ts";

/** A request as it came off the wire, the same for both protocols. */
export interface Message {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly credentials: Credentials;
  readonly body: RequestBody;
  readonly remoteAddress: string;
  readonly upgrade?: Exchange["upgrade"];
}

export function http1Message(request: IncomingMessage): Message {
  const headers = separated(request.headers, request.rawHeaders);
  return {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    headers,
    credentials: { headers, certificate: clientCertificateOf(request.socket as TLSSocket) },
    body: { contentType: request.headers["content-type"] ?? "", ...bodyReader(request) },
    remoteAddress: request.socket.remoteAddress ?? "",
  };
}

export function http2Message(
  stream: ServerHttp2Stream,
  joined: IncomingHttpHeaders,
  raw: readonly string[] = [],
): Message {
  const headers = separated(joined, raw);
  const socket = stream.session?.socket as TLSSocket | undefined;
  return {
    method: String(headers[":method"] ?? "GET"),
    url: String(headers[":path"] ?? "/"),
    headers,
    credentials: { headers, certificate: clientCertificateOf(socket) },
    body: { contentType: headers["content-type"] ?? "", ...bodyReader(stream) },
    remoteAddress: socket?.remoteAddress ?? "",
  };
}

/** @throws StatusError BadRequest when the URL cannot be read */
export function exchangeOf(message: Message, scope: AbortController): Exchange {
  const question = message.url.indexOf("?");
  const path = question < 0 ? message.url : message.url.slice(0, question);
  const query = new URLSearchParams(question < 0 ? "" : message.url.slice(question + 1));
  return {
    ...message,
    path,
    query,
    info: infoOf(message.method, path, query),
    user: undefined,
    signal: scope.signal,
    giveUp: () => scope.abort(TIME_OVER),
    warnings: [],
  };
}

/** One value for all requests whose time is over: an exception with its stack for each would cost more than the request. */
const TIME_OVER = "the request's time is over";

function infoOf(method: string, path: string, query: URLSearchParams) {
  try {
    return requestInfo(method, path, query);
  } catch {
    throw badRequest("the path of the request is not valid percent-encoding") as StatusError;
  }
}

/** What an answer needs when the request itself could not be understood. */
export function plainExchange(message: Message, scope: AbortController): Exchange {
  const query = new URLSearchParams();
  const info = requestInfo("GET", "/", query);
  return { ...message, path: "/", query, info, user: undefined, signal: scope.signal, warnings: [] };
}
