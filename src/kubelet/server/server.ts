import { type IncomingMessage, STATUS_CODES } from "node:http";
import { createServer } from "node:https";
import type { Duplex } from "node:stream";
import { failure, internalError, StatusError, serviceUnavailable, unauthorized } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { type ServerTls, serverTlsOptions } from "../../base/server-tls.ts";
import type { Client } from "../../client/client.ts";
import { RuntimeError } from "../cri/runtime.ts";
import { authenticator } from "./authentication.ts";
import { authorizer, nodeAccess } from "./authorization.ts";
import type { KubeletApi } from "./kubelet-api.ts";
import type { NodeLogs } from "./node-logs/answer.ts";
import { answerRequest, answerUpgrade, type ParsedUrl, parseUrl, type RouteContext } from "./routes.ts";

export interface KubeletServerOptions {
  /** The kubelet, once it is there: the node's port must be known before the kubelet registers the node. */
  kubelet(): KubeletApi | undefined;
  readonly nodeName: string;
  /** Of the node's own identity: asks who callers are and what they may do. */
  readonly client: Client;
  readonly tls: ServerTls;
  readonly host: string;
  /** In order of preference; 0 is any free port. Two clusters on one machine cannot both have 10250. */
  readonly ports: readonly number[];
  readonly clock: Clock;
  readonly log: Logger;
  /** What /logs/ shows; absent where no machine is behind the node. */
  readonly nodeLogs?: NodeLogs | undefined;
}

export interface KubeletServer {
  /** For the node's status.daemonEndpoints.kubeletEndpoint. */
  readonly port: number;
  /** Takes new certificates without a restart. */
  setTls(tls: ServerTls): void;
  /** Ends every request and stream. */
  close(): Promise<void>;
}

/** A command stands in the head of its request: all that the API server lets in, and its own headers. */
const HEADER_BYTES = 128 * 1024;

/** The node's own HTTPS server, which the API server asks for logs and streams. Every path asks who calls, and may they. */
export async function startKubeletServer(options: KubeletServerOptions): Promise<KubeletServer> {
  const stopping = new AbortController();
  const connections = new Set<Duplex>();
  const admit = admission(options);
  const limits = { requestTimeout: 0, headersTimeout: 20_000, maxHeaderSize: HEADER_BYTES };
  const server = createServer({ ...serverTlsOptions(options.tls), ...limits });
  server.on("secureConnection", (socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setNoDelay(true);
  });
  server.on("request", (request, response) => {
    const scope = scopeOf(response, stopping.signal);
    const answer = async (): Promise<void> => {
      const admitted = await admit(request, scope);
      await answerRequest(admitted.url, { request, response }, admitted.context);
    };
    answer().catch((error: unknown) => {
      const { status } = statusOf(error, options.log, request);
      if (response.headersSent) response.destroy();
      else response.writeHead(status.code, { "content-type": "text/plain; charset=utf-8" }).end(status.message ?? "");
    });
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const scope = scopeOf(socket, stopping.signal);
    const answer = async (): Promise<void> => {
      const admitted = await admit(request, scope);
      await answerUpgrade(admitted.url, { request, socket, head }, admitted.context);
    };
    answer().catch((error: unknown) => refuse(socket, statusOf(error, options.log, request)));
  });
  const port = await listen(server, options);
  return {
    port,
    setTls: (tls) => server.setSecureContext(serverTlsOptions(tls)),
    async close() {
      stopping.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

type Admit = (request: IncomingMessage, signal: AbortSignal) => Promise<{ url: ParsedUrl; context: RouteContext }>;

/** Lets a request in, or rejects with 401, 403 or 503. */
function admission(options: KubeletServerOptions): Admit {
  const authenticate = authenticator(options.client, options.clock);
  const authorize = authorizer(options);
  return async (request, signal) => {
    const url = parseUrl(request.url ?? "/");
    const caller = await authenticate(request);
    if (caller === undefined) throw unauthorized();
    const access = nodeAccess(request.method ?? "", `/${url.segments.join("/")}`);
    if (!(await authorize(caller, access))) {
      const { verb, subresources } = access;
      const what = `(user=${caller.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(" ")}])`;
      throw failure(403, "Forbidden", `Forbidden ${what}`);
    }
    const kubelet = options.kubelet();
    if (kubelet === undefined) throw serviceUnavailable("the kubelet of this node is still starting");
    return { url, context: { kubelet, clock: options.clock, nodeLogs: options.nodeLogs, signal } };
  };
}

/** A signal that aborts when the connection closes or the server stops. */
function scopeOf(stream: { on(event: "close", listener: () => void): unknown }, stopping: AbortSignal): AbortSignal {
  const scope = new AbortController();
  const stop = (): void => scope.abort();
  if (stopping.aborted) stop();
  stopping.addEventListener("abort", stop);
  stream.on("close", () => {
    stopping.removeEventListener("abort", stop);
    stop();
  });
  return scope.signal;
}

function statusOf(error: unknown, log: Logger, request: IncomingMessage): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof RuntimeError && error.code === "NotFound") return failure(404, "NotFound", error.message);
  log.warn("a request to the node failed", { path: (request.url ?? "").split("?")[0], error: errorMessage(error) });
  return internalError(errorMessage(error));
}

/** Upgrades are refused by hand: there is no response object any more. */
function refuse(socket: Duplex, { status }: StatusError): void {
  if (socket.destroyed || !socket.writable) return;
  const body = status.message ?? "";
  socket.end(
    `HTTP/1.1 ${status.code} ${STATUS_CODES[status.code] ?? "Error"}\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

async function listen(server: ReturnType<typeof createServer>, options: KubeletServerOptions): Promise<number> {
  let last: unknown = new Error("no port to listen on");
  for (const port of options.ports) {
    try {
      return await new Promise<number>((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host: options.host, port }, () => {
          server.off("error", reject);
          resolve((server.address() as { port: number }).port);
        });
      });
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`the node's server cannot listen on ${options.host}: ${errorMessage(last)}`);
}
