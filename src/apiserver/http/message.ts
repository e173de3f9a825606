import type { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate, Credentials } from "../authn/authenticator.ts";
import type { Exchange, RequestBody } from "../exchange.ts";
import { clientCertificateOf } from "./client-certificate.ts";
import { StreamBody } from "./read-body.ts";
import { separated } from "./repeated-headers.ts";

/** A request as it came off the wire, the same for both protocols. */
export interface Message {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly credentials: Credentials;
  readonly body: RequestBody;
  readonly remoteAddress: string;
  readonly upgrade: Exchange["upgrade"];
}

export function http1Message(request: IncomingMessage): Message {
  const headers = separated(request.headers, request.rawHeaders);
  return {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    headers,
    credentials: { headers, certificate: clientCertificateOf(request.socket as TLSSocket) },
    body: new StreamBody(request, request.headers["content-type"]),
    remoteAddress: request.socket.remoteAddress ?? "",
    upgrade: undefined,
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
    body: new StreamBody(stream, headers["content-type"]),
    remoteAddress,
    upgrade: undefined,
  };
}
