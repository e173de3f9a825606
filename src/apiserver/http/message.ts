import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { ServerStream } from "../../base/http2/server-stream.ts";
import type { ClientCertificate, Credentials } from "../authn/authenticator.ts";
import type { Exchange, RequestBody } from "../exchange.ts";
import { clientCertificateOf } from "./client-certificate.ts";
import { ReceivedBody, streamedBody } from "./read-body.ts";
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
    body: new ReceivedBody(streamedBody(request), request.headers["content-type"]),
    remoteAddress: request.socket.remoteAddress ?? "",
    upgrade: undefined,
  };
}

/** Who is at the other end of an HTTP/2 session. */
export interface Peer {
  readonly certificate: ClientCertificate | undefined;
  readonly remoteAddress: string;
}

/** To be asked once a session: a certificate is long. */
export function peerOf(socket: TLSSocket): Peer {
  return { certificate: clientCertificateOf(socket), remoteAddress: socket.remoteAddress ?? "" };
}

export function http2Message(stream: ServerStream, { certificate, remoteAddress }: Peer): Message {
  const { method, path, headers: joined, raw } = stream.request;
  const headers = separated(joined, raw);
  return {
    method,
    url: path,
    headers,
    credentials: { headers, certificate },
    body: new ReceivedBody(stream, headers["content-type"]),
    remoteAddress,
    upgrade: undefined,
  };
}
