import { createServer as createHttp1Server, type Server as Http1Server, type IncomingMessage } from "node:http";
import { createServer, type Server } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { ApiObject } from "../../api/meta.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import { ServerSession } from "../../base/http2/server-session.ts";
import type { Logger } from "../../base/log.ts";
import type { ServerTls } from "../../base/server-tls.ts";
import { nextTurn } from "../../base/turn.ts";
import { type Answer, type Answering, type Exchange, type Handler, objectAnswer } from "../exchange.ts";
import { statusOf } from "../filters/errors.ts";
import { isLongRunning } from "../long-running.ts";
import { createHandshakes, type TlsChoice } from "./handshakes.ts";
import { exchangeOf, plainExchange } from "./http-exchange.ts";
import { type Limits, limits } from "./limits.ts";
import { http1Message, http2Message, type Message, peerOf } from "./message.ts";
import { RequestScope } from "./request-scope.ts";
import { Http2Sink, http1Sink, type Sink, upgradeSink } from "./sink.ts";
import { beginWatch, writeAnswer } from "./write-answer.ts";

export interface EdgeOptions {
  readonly handler: Handler;
  /** One certificate for everybody, or a choice. */
  readonly tls: ServerTls | TlsChoice;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told how many bytes of body an answer had. */
  readonly sent?: (exchange: Exchange, bytes: number) => void;
  /** Of every answer, besides its own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Asked for each request over HTTP/2: whether its client is to connect anew, which may lead it to another server. */
  readonly asksToLeave?: (() => boolean) | undefined;
  /** Those that are not as in limits.ts. */
  readonly limits?: Partial<Limits>;
}

export interface Edge {
  /** Listens; answers the port (of use when 0 was asked for). @throws Error EADDRINUSE, EACCES … */
  listen(options: { host: string; port: number }): Promise<number>;
  /** Takes new certificates without a restart; connections that are open stay. */
  setTls(tls: ServerTls | TlsChoice): void;
  /** Takes no more connections, lets requests under way end (not the long-running ones), then ends every connection. */
  close(): Promise<void>;
}

/** One edge at work: what all its connections share. */
interface Serving {
  readonly options: EdgeOptions;
  readonly limits: Limits;
  /** Requests that came in this turn of the event loop. */
  arrived: (() => void)[];
  /** Requests under way that are not long-running. */
  inFlight: number;
  idle: (() => void) | undefined;
}

const ENDED = "the request has ended";

/** The public side of the API server: TLS once, then HTTP/1.1 or HTTP/2 by ALPN, one handler for both. */
export function createEdge(options: EdgeOptions): Edge {
  const serving: Serving = {
    options,
    limits: { ...limits, ...options.limits },
    arrived: [],
    inFlight: 0,
    idle: undefined,
  };
  const sockets = new Set<TLSSocket>();
  const sessions = new Map<ServerSession, TLSSocket>();
  const http1 = createHttp1(serving);
  const take = (socket: TLSSocket): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setNoDelay(true);
    if (socket.alpnProtocol !== "h2") return void http1.emit("connection", socket);
    const session = http2Session(serving, socket);
    sessions.set(session, socket);
    socket.on("close", () => sessions.delete(session));
  };
  const handshakes = createHandshakes(options.tls, {
    timeoutMs: serving.limits.handshakeMs,
    done: take,
    failed: (error) => options.log.debug("a TLS handshake failed", { error }),
  });
  const server = createServer((socket) => handshakes.begin(socket));
  server.maxConnections = serving.limits.connections;
  return {
    listen: ({ host, port }) => listen(server, host, port),
    setTls(tls) {
      handshakes.use(tls);
      // TLS looks at a certificate once: one that was not trusted may be by now, over another connection.
      for (const [session, socket] of sessions) if (isDistrusted(socket)) session.askToLeave();
    },
    async close() {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      http1.close();
      for (const session of sessions.keys()) session.goAway();
      // What has arrived has begun by then.
      await nextTurn();
      await drained(serving);
      // What was written last is on its way to the socket.
      await nextTurn();
      await nextTurn();
      for (const socket of sockets) socket.destroy();
      http1.closeAllConnections();
      await ended;
    },
  };
}

/** The client has shown a certificate, and TLS did not trust it. */
function isDistrusted(socket: TLSSocket): boolean {
  return !socket.authorized && socket.getPeerX509Certificate() !== undefined;
}

function drained(serving: Serving): Promise<void> {
  if (serving.inFlight === 0) return Promise.resolve();
  const scope = new AbortController();
  const idle = new Promise<void>((resolve) => {
    serving.idle = resolve;
  });
  return Promise.race([idle, sleep(serving.options.clock, serving.limits.drainMs, scope.signal)]).finally(() =>
    scope.abort(),
  );
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 4096 }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function createHttp1(serving: Serving): Http1Server {
  const server = createHttp1Server({
    keepAliveTimeout: serving.limits.keepAliveMs,
    headersTimeout: serving.limits.headersMs,
    // A body's time is the request's own deadline.
    requestTimeout: 0,
    connectionsCheckingInterval: serving.limits.checkMs,
    maxHeaderSize: serving.limits.headerBytes,
  });
  server.maxHeadersCount = serving.limits.headerPairs;
  server.on("request", (request, response) => {
    const scope = new RequestScope();
    response.on("close", () => scope.end(ENDED));
    serve(serving, { message: http1Message(request), scope, sink: http1Sink(response) });
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const scope = new RequestScope();
    socket.on("close", () => scope.end(ENDED));
    socket.on("error", () => socket.destroy());
    const message = { ...http1Message(request), upgrade: { request, socket, head } };
    serve(serving, { message, scope, sink: upgradeSink(socket) });
  });
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    else socket.destroy();
  });
  // It listens by the TLS server. Without this event Node never looks for connections whose head does not come.
  server.emit("listening");
  return server;
}

function http2Session(serving: Serving, socket: TLSSocket): ServerSession {
  const { options, limits: granted } = serving;
  const { clock } = options;
  const peer = peerOf(socket);
  const session = new ServerSession(socket, {
    clock,
    limits: { ...granted, unsentBytes: granted.sessionMegabytes * 1024 * 1024 },
    onStream(stream) {
      const scope = new RequestScope();
      stream.onClose = () => scope.end(ENDED);
      beginTogether(serving, () => {
        if (scope.isOver) return;
        serve(serving, { message: http2Message(stream, peer), scope, sink: new Http2Sink(stream, clock) });
      });
      if (options.asksToLeave?.() === true) session.askToLeave();
    },
    onError: (error) => options.log.debug("an HTTP/2 session failed", { error }),
  });
  return session;
}

/**
 * Requests begin when all connections have been read, whoever they are from: what is done for one after the other, step by step,
 * finds its code in the processor's cache.
 */
function beginTogether(serving: Serving, begin: () => void): void {
  if (serving.arrived.push(begin) > 1) return;
  void nextTurn().then(() => {
    const { arrived } = serving;
    serving.arrived = [];
    for (const each of arrived) each();
  });
}

/** One request at work. */
interface Served {
  readonly message: Message;
  readonly scope: RequestScope;
  readonly sink: Sink;
}

function serve(serving: Serving, served: Served): void {
  const { message, scope } = served;
  let exchange: Exchange | undefined;
  try {
    exchange = exchangeOf(message, scope);
    addHeaders(serving.options, exchange);
    const isCounted = !isLongRunning(exchange.info);
    if (isCounted) count(serving, scope);
    const answering = serving.options.handler(exchange);
    // Most answers are there at once, and written before anything else has its turn.
    if (!(answering instanceof Promise) && (answering.kind === "object" || answering.kind === "text")) {
      const writing = writeAnswer(answering, exchange, served.sink, serving.options.clock);
      if (writing === undefined) {
        if (isCounted) serving.options.sent?.(exchange, served.sink.written());
      } else void settle(serving, served, { exchange, writing });
    } else void settle(serving, served, { exchange, answering });
  } catch (error) {
    void fail(serving, served, { exchange, error });
  }
}

function addHeaders({ headers }: EdgeOptions, exchange: Exchange): void {
  if (headers !== undefined) exchange.answerHeaders = { ...exchange.answerHeaders, ...headers };
}

type UnderWay = { readonly exchange: Exchange } & (
  | { readonly answering: Answering }
  | { readonly writing: Promise<void> }
);

/** The rest of a request that had to wait for something. */
async function settle(serving: Serving, served: Served, underWay: UnderWay): Promise<void> {
  const { options } = serving;
  const { scope, sink } = served;
  const { exchange } = underWay;
  try {
    if ("writing" in underWay) await underWay.writing;
    else {
      const answer = await underWay.answering;
      // There may be ten thousand watches that wait: each keeps no more than it needs to go on.
      if (answer.kind === "watch") {
        const goOn = await beginWatch(answer, exchange, sink, options.clock);
        return goOn(brokenOff(scope, options.log, exchange.path));
      }
      if (answer.kind === "list") await writeInTime(answer, { exchange, sink, serving });
      else await writeAnswer(answer, exchange, sink, options.clock);
    }
    if (!isLongRunning(exchange.info)) options.sent?.(exchange, sink.written());
  } catch (error) {
    await fail(serving, served, { exchange, error });
  }
}

async function fail(
  { options }: Serving,
  { message, scope, sink }: Served,
  { exchange, error }: { exchange: Exchange | undefined; error: unknown },
): Promise<void> {
  if (scope.isOver) return;
  const { status } = statusOf(error, options.log, `${message.method} ${message.url}`);
  const failed = exchange ?? plainExchange(message, scope);
  addHeaders(options, failed);
  try {
    await writeAnswer(objectAnswer(status as ApiObject, { code: status.code }), failed, sink, options.clock);
  } catch {
    sink.abort();
  }
}

/** Nothing more can be told to who has had the head of an answer: what goes wrong then breaks it off, and is logged. */
function brokenOff(scope: RequestScope, log: Logger, path: string): (error?: unknown) => void {
  return (error) => {
    if (error !== undefined && !scope.isOver) statusOf(error, log, `WATCH ${path}`);
  };
}

/** A request is under way until its last byte is out. */
function count(serving: Serving, scope: RequestScope): void {
  serving.inFlight++;
  scope.after(() => void (--serving.inFlight === 0 && serving.idle?.()));
}

/** A reader that takes a list too slowly must not hold its objects for ever. */
async function writeInTime(
  answer: Answer,
  { exchange, sink, serving }: { exchange: Exchange; sink: Sink; serving: Serving },
): Promise<void> {
  const { clock } = serving.options;
  const timer = clock.setTimer(() => sink.abort(), serving.limits.writeMs);
  try {
    await writeAnswer(answer, exchange, sink, clock);
  } finally {
    timer.cancel();
  }
}
