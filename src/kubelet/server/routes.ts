import type { IncomingMessage, ServerResponse } from "node:http";
import { cpus, freemem, totalmem, uptime } from "node:os";
import { badRequest, failure, StatusError } from "../../api/status.ts";
import type { Clock } from "../../base/clock.ts";
import type { KubeletApi } from "./kubelet-api.ts";
import { logOptions } from "./logs/options.ts";
import { readLog } from "./logs/read-log.ts";
import { kubeletMetrics, resourceMetrics } from "./metrics.ts";
import { answerNodeLogs, type NodeLogs } from "./node-logs/answer.ts";
import { statsSummary } from "./stats.ts";
import { proxyUpgrade, type UpgradeRequest } from "./stream-proxy.ts";
import { containerTarget, forwardedPorts, podTarget, streamOptions } from "./target.ts";

export interface RouteContext {
  readonly kubelet: KubeletApi;
  readonly clock: Clock;
  /** The node's own; absent where there are none. */
  readonly nodeLogs?: NodeLogs | undefined;
  /** Aborts when the client has gone or the server stops. */
  readonly signal: AbortSignal;
}

export interface ParsedUrl {
  /** Decoded segments of the path: `["containerLogs", "default", "web", "nginx"]`. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

class NoSuchPage extends StatusError {
  constructor() {
    super(failure(404, "NotFound", "404 page not found").status);
  }
}

/** @throws StatusError BadRequest when the path is no valid percent-encoding */
export function parseUrl(url: string): ParsedUrl {
  const question = url.indexOf("?");
  const path = question < 0 ? url : url.slice(0, question);
  try {
    const segments = path.slice(1).split("/").map(decodeURIComponent);
    return { segments, query: new URLSearchParams(question < 0 ? "" : url.slice(question + 1)) };
  } catch {
    throw badRequest("the path of the request is not valid percent-encoding");
  }
}

/** Answers a plain request. Rejects with StatusError, or with what else went wrong. */
export async function answerRequest(
  url: ParsedUrl,
  exchange: { request: IncomingMessage; response: ServerResponse },
  context: RouteContext,
): Promise<void> {
  const { request, response } = exchange;
  const [first = "", ...rest] = url.segments;
  const get = request.method === "GET" || request.method === "HEAD";
  if (first === "healthz" && get) return answerHealth(response, rest, context);
  if (first === "pods" && get && (rest.length === 0 || (rest.length === 1 && rest[0] === ""))) {
    const items = context.kubelet.pods().map((pod) => ({ ...pod, apiVersion: undefined, kind: undefined }));
    return answerJson(response, { kind: "PodList", apiVersion: "v1", metadata: {}, items });
  }
  if (first === "stats" && rest[0] === "summary" && get) return answerStats(response, context);
  if (first === "metrics" && get) return answerMetrics(response, rest, context);
  if (first === "containerLogs" && get) return answerLog(response, url, context);
  if (first === "logs" && get) return answerLogs(url, exchange, context);
  if (first === "run" && request.method === "POST") return answerRun(response, url, context);
  if (["exec", "attach", "portForward"].includes(first)) throw badRequest("Upgrade request required");
  throw new NoSuchPage();
}

/** Answers a request that is to become a stream. Rejects before anything was written to the socket. */
export async function answerUpgrade(url: ParsedUrl, client: UpgradeRequest, context: RouteContext): Promise<void> {
  const [first = "", ...rest] = url.segments;
  if (first === "exec" || first === "attach") {
    const target = containerTarget(rest);
    if (target === undefined) throw new NoSuchPage();
    const streams = streamOptions(url.query);
    const streamingUrl =
      first === "exec"
        ? await context.kubelet.exec(target, url.query.getAll("command"), streams)
        : await context.kubelet.attach(target, streams);
    return proxyUpgrade(client, streamingUrl, context.signal);
  }
  if (first === "portForward") {
    const target = podTarget(rest);
    if (target === undefined) throw new NoSuchPage();
    const streamingUrl = await context.kubelet.portForward(target, forwardedPorts(url.query));
    return proxyUpgrade(client, streamingUrl, context.signal);
  }
  throw new NoSuchPage();
}

function answerHealth(response: ServerResponse, rest: readonly string[], { kubelet }: RouteContext): void {
  if (rest.length > 1 || !["", "ping", "log", "syncloop"].includes(rest[0] ?? "")) throw new NoSuchPage();
  const reasons = rest[0] === "ping" || rest[0] === "log" ? [] : kubelet.health();
  const text = reasons.length === 0 ? "ok" : `${reasons.join("\n")}\nhealthz check failed`;
  response.writeHead(reasons.length === 0 ? 200 : 500, { "content-type": "text/plain; charset=utf-8" }).end(text);
}

async function answerStats(response: ServerResponse, { kubelet, clock }: RouteContext): Promise<void> {
  const [containers, imageFilesystems] = await Promise.all([kubelet.containerStats(), kubelet.imageFilesystems()]);
  const { nodeName } = kubelet;
  const bootedMs = clock.now() - uptime() * 1000;
  answerJson(response, statsSummary({ nodeName, bootedMs, pods: kubelet.pods(), containers, imageFilesystems }));
}

async function answerMetrics(
  response: ServerResponse,
  rest: readonly string[],
  { kubelet }: RouteContext,
): Promise<void> {
  const write = rest.length === 0 ? kubeletMetrics : rest.join("/") === "resource" ? resourceMetrics : undefined;
  if (write === undefined) throw new NoSuchPage();
  const cpuMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  const text = write({
    nodeName: kubelet.nodeName,
    pods: kubelet.pods(),
    containers: await kubelet.containerStats(),
    node: { cpuSeconds: cpuMs / 1000, workingSetBytes: totalmem() - freemem() },
  });
  response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
}

async function answerLog(response: ServerResponse, url: ParsedUrl, context: RouteContext): Promise<void> {
  const target = containerTarget(url.segments.slice(1));
  if (target === undefined) throw new NoSuchPage();
  const options = logOptions(url.query, context.clock.now());
  const log = await context.kubelet.log(target, { previous: options.previous });
  response.writeHead(200, { "content-type": "text/plain" });
  // The client of a quiet container must learn that following has begun.
  response.flushHeaders();
  for await (const chunk of readLog(log, options, context)) {
    if (context.signal.aborted) return;
    if (!response.write(chunk)) await drained(response, context.signal);
  }
  response.end();
}

async function answerLogs(
  { segments, query: parameters }: ParsedUrl,
  exchange: { request: IncomingMessage; response: ServerResponse },
  { nodeLogs, clock, signal }: RouteContext,
): Promise<void> {
  if (nodeLogs === undefined) throw failure(404, "NotFound", "this node has no log files: it is a simulated one");
  const [, ...rest] = segments;
  if (rest.length === 0) {
    const search = parameters.size === 0 ? "" : `?${parameters}`;
    exchange.response.writeHead(301, { location: `logs/${search}` }).end();
    return;
  }
  await answerNodeLogs({ ...exchange, path: rest.join("/"), parameters }, nodeLogs, { clock, signal });
}

async function answerRun(response: ServerResponse, url: ParsedUrl, { kubelet }: RouteContext): Promise<void> {
  const target = containerTarget(url.segments.slice(1));
  if (target === undefined) throw new NoSuchPage();
  const command = url.query.get("cmd")?.split(" ") ?? url.query.getAll("command");
  const result = await kubelet.run(target, command, 0);
  if (result.exitCode !== 0) {
    throw failure(
      500,
      "InternalError",
      `command '${command.join(" ")}' exited with ${result.exitCode}: ${result.stderr}`,
    );
  }
  response.writeHead(200, { "content-type": "application/octet-stream" });
  response.end(Buffer.concat([result.stdout, result.stderr]));
}

function answerJson(response: ServerResponse, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (!response.writableNeedDrain || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.on("drain", done);
    signal.addEventListener("abort", done);
  });
}
