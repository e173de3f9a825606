import { generateKeyPairSync } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { subjectAccessReviews } from "../api/generated/resources.ts";
import { failure, internalError, StatusError, unauthorized } from "../api/status.ts";
import type { Exchange } from "../apiserver/exchange.ts";
import type { PathHandler } from "../apiserver/handlers/handler.ts";
import { type HealthCheck, healthPaths } from "../apiserver/handlers/health.ts";
import { metricsPath, serviceLevelPath } from "../apiserver/metrics/metrics-path.ts";
import { processMetrics } from "../apiserver/metrics/process-metrics.ts";
import { errorMessage } from "../base/assert.ts";
import { Metrics } from "../base/metrics.ts";
import { serverTlsOptions } from "../base/server-tls.ts";
import { issueCertificate } from "../bootstrap/pki/issue-certificate.ts";
import { CommandError } from "../cli/command.ts";
import type { Client } from "../client/client.ts";
import { AnswerCache } from "../kubelet/server/answer-cache.ts";
import { authenticator, type Caller } from "../kubelet/server/authentication.ts";
import type { Environment } from "./environment.ts";

/** Paths that anybody may ask, as upstream's --authorization-always-allow-paths. */
const PUBLIC = /^\/(healthz|livez|readyz)(\/|$)/;
const KEEP_ALLOWED_MS = 10_000;
const CAPACITY = 1000;
const HOUR_MS = 60 * 60 * 1000;
const LIFETIME_MS = 10 * 365 * 24 * HOUR_MS;

export interface PartServerOptions {
  /** Of the part, `kube-scheduler`. */
  readonly name: string;
  readonly address: string;
  /** Fails when it is taken; `usualPort`, or any free one, when absent. */
  readonly port?: number | undefined;
  readonly usualPort: number;
  /** Asks who callers are and what they may do, as the part itself. */
  readonly client: Client;
  /** PEM of the authority whose client certificates count. */
  readonly clientAuthority: string;
  readonly environment: Pick<Environment, "clock" | "random" | "log" | "metrics">;
}

/** Where a part that runs alone tells how it is and what it counts: HTTPS with a certificate of its own, as upstream's. */
export async function startPartServer(options: PartServerOptions): Promise<{ port: number; stop(): Promise<void> }> {
  const { metrics, log } = options.environment;
  let isStopping = false;
  const shutdown: HealthCheck = {
    name: "shutdown",
    check: () => (isStopping ? "process is shutting down" : undefined),
  };
  const checks = { live: [{ name: "ping", check: () => undefined }], ready: [], stopping: [shutdown] };
  processMetrics(metrics);
  const paths = [healthPaths(checks), metricsPath(metrics), serviceLevelPath(new Metrics(), checks)];
  const admit = admission(options);
  const server = createServer({ ...serverTlsOptions(ownTls(options)), headersTimeout: 20_000 });
  server.on("request", (request, response) => {
    answer(request, response, { paths, admit }).catch((error: unknown) => {
      if (!(error instanceof StatusError)) log.warn("a request failed", { error: errorMessage(error) });
      const { status } = error instanceof StatusError ? error : internalError(errorMessage(error));
      response.writeHead(status.code, { "content-type": "application/json" }).end(JSON.stringify(status));
    });
  });
  const port = await listen(server, options);
  return {
    port,
    async stop() {
      isStopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  by: { paths: readonly PathHandler[]; admit(request: IncomingMessage, path: string): Promise<void> },
): Promise<void> {
  const { pathname: path, searchParams: query } = new URL(request.url ?? "/", "https://part");
  await by.admit(request, path);
  if (request.method !== "GET" && request.method !== "HEAD")
    throw failure(405, "MethodNotAllowed", "only GET is answered");
  for (const handler of by.paths) {
    // These handlers look at nothing else.
    const found = await handler({ path, query } as Exchange);
    if (found?.kind !== "text") continue;
    const headers = { "content-type": found.contentType, "cache-control": "no-cache, private" };
    response.writeHead(found.code, headers).end(request.method === "HEAD" ? undefined : found.text);
    return;
  }
  throw failure(404, "NotFound", "the server could not find the requested resource");
}

function admission({ client, environment }: PartServerOptions) {
  const authenticate = authenticator(client, environment.clock);
  const answers = new AnswerCache<boolean>(environment.clock, CAPACITY);
  const mayGet = (caller: Caller, path: string): Promise<boolean> => {
    const { name: user, uid, groups, extra } = caller;
    const spec = { user, uid, groups: [...groups], extra, nonResourceAttributes: { path, verb: "get" } };
    const ask = async (): Promise<boolean> =>
      (await client.create(subjectAccessReviews, { spec } as object)).status?.allowed === true;
    return answers.get(JSON.stringify(spec), ask, () => KEEP_ALLOWED_MS);
  };
  return async (request: IncomingMessage, path: string): Promise<void> => {
    if (PUBLIC.test(path)) return;
    const caller = await authenticate(request);
    if (caller === undefined) throw unauthorized();
    if (await mayGet(caller, path)) return;
    throw failure(
      403,
      "Forbidden",
      `forbidden: User ${JSON.stringify(caller.name)} cannot get path ${JSON.stringify(path)}`,
    );
  };
}

/** Nobody verifies it but by choice, as upstream's, which is made at each start too. */
function ownTls({ name, address, clientAuthority, environment }: PartServerOptions) {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const now = environment.clock.now();
  const certificate = issueCertificate(
    {
      subject: { commonName: name },
      publicKey: pair.publicKey,
      notBefore: now - HOUR_MS,
      notAfter: now + LIFETIME_MS,
      usage: "server",
      names: ["localhost"],
      addresses: [...new Set(["127.0.0.1", address])],
    },
    { key: pair.privateKey },
    environment.random,
  );
  const key = pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  return { key, cert: certificate, clientCa: clientAuthority };
}

async function listen(server: Server, options: PartServerOptions): Promise<number> {
  const { address, port, usualPort } = options;
  const attempt = (which: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: address, port: which }, () => {
        server.off("error", reject);
        resolve((server.address() as { port: number }).port);
      });
    });
  try {
    return await attempt(port ?? usualPort);
  } catch (error) {
    if (port === undefined) return attempt(0);
    throw new CommandError(`${options.name} cannot listen on ${address}:${port}: ${errorMessage(error)}`, 5);
  }
}
