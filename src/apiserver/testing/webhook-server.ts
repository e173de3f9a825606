import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createPlainServer } from "node:http";
import { createSecureServer, type Http2ServerRequest, type Http2Session } from "node:http2";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { selfSigned } from "./self-signed.ts";

export interface ReceivedCall {
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
  /** Which connection it came on, counted from 1. */
  readonly connection: number;
}

/** Answers a call: an object as JSON, a string as it is, undefined never. */
export type WebhookResponder = (call: ReceivedCall) => WebhookAnswer | undefined | Promise<WebhookAnswer | undefined>;

export interface WebhookAnswer {
  readonly code?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object | string;
}

export interface WebhookServer {
  readonly port: number;
  readonly url: string;
  /** PEM of what the server's certificate comes from. */
  readonly authorities: string;
  readonly calls: ReceivedCall[];
  /** Who answers from now on. */
  respond: WebhookResponder;
  /** Base64 of `authorities`, as `clientConfig.caBundle` wants it. */
  readonly caBundle: string;
  /** Resolves when so many calls have come. */
  received(count: number): Promise<void>;
  /** Ends every connection, as a server does that restarts. */
  closeConnections(): void;
  close(): Promise<void>;
}

/** What is spoken: HTTP/1.1 in TLS, that or HTTP/2, or HTTP/1.1 as it is. */
export type Spoken = "https" | "h2" | "http";

/** A real server on loopback that plays somebody's webhook. */
export async function startWebhookServer(
  respond: WebhookResponder,
  names?: { dns?: readonly string[]; addresses?: readonly string[]; byAnother?: boolean },
  spoken: Spoken = "https",
): Promise<WebhookServer> {
  const { key, cert } = await selfSigned(names);
  const calls: ReceivedCall[] = [];
  const waiting = new Set<() => void>();
  const connections = new WeakMap<object, number>();
  let opened = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { session } = (request as unknown as Partial<Http2ServerRequest>).stream ?? {};
    const socket = session ?? request.socket;
    if (!connections.has(socket)) connections.set(socket, ++opened);
    const body: unknown = JSON.parse((await text(request)) || "null");
    const connection = connections.get(socket) ?? 0;
    const call = { path: request.url ?? "", headers: request.headers, body, connection };
    calls.push(call);
    for (const wake of waiting) wake();
    const answer = await hook.respond(call);
    if (answer === undefined) return;
    response.writeHead(answer.code ?? 200, answer.headers ?? {});
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch(() => response.destroy());
  };
  const sessions = new Set<Http2Session>();
  const server = serverOf(spoken, { key, cert }, listener);
  server.on("session", (session: Http2Session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  const closeConnections = (): void => {
    for (const session of sessions) session.destroy();
    if ("closeAllConnections" in server) server.closeAllConnections();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const hook: WebhookServer = {
    port,
    url: `${spoken === "http" ? "http" : "https"}://127.0.0.1:${port}`,
    authorities: cert,
    caBundle: Buffer.from(cert).toString("base64"),
    calls,
    respond,
    received: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (calls.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    closeConnections,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        closeConnections();
      }),
  };
  return hook;
}

function serverOf(
  spoken: Spoken,
  pair: { key: string; cert: string },
  listener: (request: IncomingMessage, response: ServerResponse) => void,
) {
  if (spoken === "http") return createPlainServer(listener);
  if (spoken === "https") return createServer(pair, listener);
  return createSecureServer(
    { ...pair, allowHTTP1: true },
    listener as unknown as Parameters<typeof createSecureServer>[1],
  );
}
