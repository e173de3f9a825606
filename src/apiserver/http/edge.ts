import { createServer as createHttp1Server, type Server as Http1Server, type IncomingMessage } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import type { ApiObject } from "../../api/meta.ts";
import { badRequest, type StatusError } from "../../api/status.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Credentials } from "../authn/authenticator.ts";
import type { Exchange, Handler, RequestBody } from "../exchange.ts";
import { objectAnswer } from "../exchange.ts";
import { statusOf } from "../filters/errors.ts";
import { requestInfo } from "../request-info.ts";
import { bodyReader } from "./read-body.ts";
import { http1Sink, http2Sink, type Sink } from "./sink.ts";
import { writeAnswer } from "./write-answer.ts";

export interface EdgeOptions {
  readonly handler: Handler;
  readonly tls: { readonly key: string; readonly cert: string; readonly clientCa: string };
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Edge {
  /** Listens; answers the port (of use when 0 was asked for). @throws Error EADDRINUSE, EACCES … */
  listen(options: { host: string; port: number }): Promise<number>;
  /** Takes new certificates without a restart. */
  setTls(tls: EdgeOptions["tls"]): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

const KEEP_ALIVE_MS = 120_000;
const HEADERS_MS = 20_000;
const HEADER_BYTES_MAX = 64 * 1024;
const STREAMS_MAX = 1000;
/** One reason for all: `abort()` without one makes an exception with a stack, 30 us a request. */
const ENDED = new Error("the client has gone, or has its answer");

/** The public side of the API server: TLS once, then HTTP/1.1 or HTTP/2 by ALPN, one handler for both. */
export function createEdge(options: EdgeOptions): Edge {
  const sockets = new Set<TLSSocket>();
  const http1 = createHttp1(options);
  const http2 = createHttp2(options);
  const server = createTlsServer({ ...tlsOptions(options.tls), ALPNProtocols: ["h2", "http/1.1"] });
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setNoDelay(true);
    (socket.alpnProtocol === "h2" ? http2 : http1).emit("connection", socket);
  });
  server.on("tlsClientError", (error) => options.log.debug("a TLS handshake failed", { error }));
  return {
    listen: ({ host, port }) => listen(server, host, port),
    setTls: (tls) => server.setSecureContext(tlsOptions(tls)),
    async close() {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      http1.closeAllConnections();
      await ended;
    },
  };
}

function tlsOptions(tls: EdgeOptions["tls"]) {
  return {
    key: tls.key,
    cert: tls.cert,
    ca: tls.clientCa,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2" as const,
  };
}

function listen(server: TlsServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 4096 }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function createHttp1(options: EdgeOptions): Http1Server {
  const server = createHttp1Server({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_MS,
    requestTimeout: 0,
    maxHeaderSize: HEADER_BYTES_MAX,
  });
  server.on("request", (request, response) => {
    const scope = new AbortController();
    response.on("close", () => scope.abort(ENDED));
    const sink = http1Sink(response);
    void serve(options, { message: http1Message(request), signal: scope.signal, sink });
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const scope = new AbortController();
    socket.on("close", () => scope.abort(ENDED));
    socket.on("error", () => socket.destroy());
    const message = { ...http1Message(request), upgrade: { request, socket, head } };
    void serve(options, { message, signal: scope.signal, sink: upgradeSink(socket) });
  });
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  return server;
}

function createHttp2(options: EdgeOptions): Http2Server {
  const server = createHttp2Server({
    settings: {
      maxConcurrentStreams: STREAMS_MAX,
      maxHeaderListSize: HEADER_BYTES_MAX,
      initialWindowSize: 1024 * 1024,
    },
    maxSessionInvalidFrames: 100,
  });
  server.on("stream", (stream, headers) => {
    const scope = new AbortController();
    stream.on("close", () => scope.abort(ENDED));
    stream.on("error", () => scope.abort(ENDED));
    void serve(options, { message: http2Message(stream, headers), signal: scope.signal, sink: http2Sink(stream) });
  });
  server.on("sessionError", (error) => options.log.debug("an HTTP/2 session failed", { error }));
  return server;
}

interface Message {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly credentials: Credentials;
  readonly body: RequestBody;
  readonly upgrade?: Exchange["upgrade"];
}

function http1Message(request: IncomingMessage): Message {
  return {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    headers: request.headers,
    credentials: { headers: request.headers, certificate: certificateOf(request.socket as TLSSocket) },
    body: { contentType: request.headers["content-type"] ?? "", read: bodyReader(request) },
  };
}

function http2Message(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Message {
  return {
    method: headers[":method"] ?? "GET",
    url: headers[":path"] ?? "/",
    headers,
    credentials: { headers, certificate: certificateOf(stream.session?.socket as TLSSocket | undefined) },
    body: { contentType: headers["content-type"] ?? "", read: bodyReader(stream) },
  };
}

async function serve(
  options: EdgeOptions,
  served: { message: Message; signal: AbortSignal; sink: Sink },
): Promise<void> {
  const { message, signal, sink } = served;
  let exchange: Exchange | undefined;
  try {
    exchange = exchangeOf(message, signal);
    await writeAnswer(await options.handler(exchange), exchange, sink, options.clock);
  } catch (error) {
    if (signal.aborted) return;
    const { status } = statusOf(error, options.log, `${message.method} ${message.url}`);
    const failed = exchange ?? plainExchange(message, signal);
    await writeAnswer(objectAnswer(status as ApiObject, { code: status.code }), failed, sink, options.clock).catch(() =>
      sink.abort(),
    );
  }
}

/** @throws StatusError BadRequest when the URL cannot be read */
function exchangeOf(message: Message, signal: AbortSignal): Exchange {
  const question = message.url.indexOf("?");
  const path = question < 0 ? message.url : message.url.slice(0, question);
  const query = new URLSearchParams(question < 0 ? "" : message.url.slice(question + 1));
  return { ...message, path, query, info: infoOf(message.method, path, query), user: undefined, signal, warnings: [] };
}

function infoOf(method: string, path: string, query: URLSearchParams) {
  try {
    return requestInfo(method, path, query);
  } catch {
    throw badRequest("the path of the request is not valid percent-encoding") as StatusError;
  }
}

function plainExchange(message: Message, signal: AbortSignal): Exchange {
  const query = new URLSearchParams();
  return { ...message, path: "/", query, info: requestInfo("GET", "/", query), user: undefined, signal, warnings: [] };
}

/** An answer to a request that wanted to become a stream and did not: plain HTTP/1.1, then the end. */
function upgradeSink(socket: Duplex): Sink {
  return {
    head(code, headers) {
      const lines = Object.entries(headers).map(
        ([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : value}\r\n`,
      );
      socket.write(`HTTP/1.1 ${code} Answer\r\n${lines.join("")}connection: close\r\n\r\n`);
    },
    write: (chunk) => socket.write(chunk),
    drained: () => Promise.resolve(),
    end: (chunk) => void socket.end(chunk ?? ""),
    abort: () => void socket.destroy(),
  };
}

/** Read once a connection: OpenSSL writes the whole certificate out each time it is asked for the subject. */
const certificates = new WeakMap<TLSSocket, { readonly subject: Credentials["certificate"] }>();

function certificateOf(socket: TLSSocket | undefined): Credentials["certificate"] {
  if (socket === undefined) return undefined;
  let known = certificates.get(socket);
  if (known === undefined) {
    known = { subject: readCertificate(socket) };
    certificates.set(socket, known);
  }
  return known.subject;
}

/** Subject of a client certificate that our CA signed. `O` is text when single and a list when several. */
function readCertificate(socket: TLSSocket): Credentials["certificate"] {
  if (!socket.authorized) return undefined;
  const subject = socket.getPeerCertificate().subject as { CN?: string | string[]; O?: string | string[] } | undefined;
  const commonName = Array.isArray(subject?.CN) ? subject.CN[0] : subject?.CN;
  if (commonName === undefined) return undefined;
  return { commonName, organizations: subject?.O === undefined ? [] : [subject.O].flat() };
}
