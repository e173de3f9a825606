import type { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import { badRequest, type StatusError } from "../../api/status.ts";
import type { ClientCertificate, Credentials } from "../authn/authenticator.ts";
import type { Exchange, RequestBody } from "../exchange.ts";
import { requestInfo } from "../request-info.ts";
import { clientCertificateOf } from "./client-certificate.ts";
import { bodyReader } from "./read-body.ts";
import { separated } from "./repeated-headers.ts";
import type { RequestScope } from "./request-scope.ts";

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

/** Who is at the other end of an HTTP/2 session. */
export interface Peer {
  readonly certificate: ClientCertificate | undefined;
  readonly remoteAddress: string;
}

/** To be asked once a session: its socket is behind a proxy, and a certificate is long. */
export function peerOf(session: ServerHttp2Session): Peer {
  const socket = session.socket as TLSSocket;
  return { certificate: clientCertificateOf(socket), remoteAddress: socket.remoteAddress ?? "" };
}

export function http2Message(
  stream: ServerHttp2Stream,
  from: { headers: IncomingHttpHeaders; raw: readonly string[] | undefined; peer: Peer },
): Message {
  const headers = separated(from.headers, from.raw ?? []);
  const { certificate, remoteAddress } = from.peer;
  return {
    method: String(headers[":method"] ?? "GET"),
    url: String(headers[":path"] ?? "/"),
    headers,
    credentials: { headers, certificate },
    body: { contentType: headers["content-type"] ?? "", ...bodyReader(stream) },
    remoteAddress,
  };
}

/** @throws StatusError BadRequest when the URL cannot be read */
export function exchangeOf(message: Message, scope: RequestScope): Exchange {
  const question = message.url.indexOf("?");
  const path = question < 0 ? message.url : message.url.slice(0, question);
  const query = new URLSearchParams(question < 0 ? "" : message.url.slice(question + 1));
  return {
    ...message,
    path,
    query,
    info: infoOf(message.method, path, query),
    user: undefined,
    get signal() {
      return scope.signal;
    },
    scope,
    giveUp: () => scope.end(TIME_OVER),
    warnings: [],
  };
}

const TIME_OVER = "the request's time is over";

function infoOf(method: string, path: string, query: URLSearchParams) {
  try {
    return requestInfo(method, path, query);
  } catch {
    throw badRequest("the path of the request is not valid percent-encoding") as StatusError;
  }
}

/** What an answer needs when the request itself could not be understood. */
export function plainExchange(message: Message, scope: RequestScope): Exchange {
  const query = new URLSearchParams();
  const info = requestInfo("GET", "/", query);
  return { ...message, path: "/", query, info, user: undefined, signal: scope.signal, warnings: [] };
}
