import { createHash } from "node:crypto";
import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import { endpointSlices, services } from "../../api/generated/resources.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { LocalRequests } from "../local-requests.ts";
import type { ObjectReader } from "../reader.ts";
import { callErrorText, identityError, wasStale } from "./call-error.ts";
import { durationText } from "./duration-text.ts";
import { callOwnServer, isOwnServer } from "./own-server.ts";
import { readAnswer } from "./read-answer.ts";
import { locateService, locateUrl, shownText, shownUrl } from "./service-location.ts";
import {
  type CallOptions,
  type EndpointLocation,
  type WebhookAnswer,
  WebhookCallError,
  type WebhookClient,
  type WebhookEndpoint,
} from "./webhook-client.ts";

const MAX_CONNECTIONS_PER_ENDPOINT = 128;
const MAX_IDLE_PER_ENDPOINT = 16;
/** Other servers close idle connections after 5 s and more; those that say when are believed. */
const IDLE_MS = 90_000;
/** Certificate sets with connections of their own; the one that was used longest ago makes room. */
const MAX_AGENTS = 64;

export interface WebhookClientOptions {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly random: Random;
  /** Requests to this API server as itself, for webhooks that are behind it; where absent, they are called like all others. */
  readonly own?: LocalRequests;
}

/** Calls webhooks over HTTP/1.1 with connections that are kept. See webhook-client.ts for what it promises. */
export function createWebhookClient(options: WebhookClientOptions): WebhookClient {
  const agents = new Map<string, Agent>();
  const closing = new AbortController();

  function agentFor(endpoint: WebhookEndpoint): Agent {
    const key = certificateKey(endpoint);
    const known = agents.get(key);
    const agent = known ?? createAgent(endpoint);
    agents.delete(key);
    agents.set(key, agent);
    for (const [oldest, other] of agents) {
      if (agents.size <= MAX_AGENTS) break;
      if (other === agent || Object.keys(other.sockets).length > 0) continue;
      agents.delete(oldest);
      other.destroy();
    }
    return agent;
  }

  async function locate(endpoint: WebhookEndpoint): Promise<EndpointLocation> {
    const { service, url } = endpoint;
    if (service === undefined) return locateUrl(url ?? "");
    const { reader, random } = options;
    const found = await reader.get(services, service.namespace, service.name);
    const slices = found === undefined ? [] : await reader.list(endpointSlices, service.namespace);
    return locateService(service, { service: found, slices, fraction: random.fraction() });
  }

  return {
    locate,
    async call(endpoint, body, callOptions) {
      if (closing.signal.aborted) throw new WebhookCallError("the server is shutting down");
      const shown = shownUrl(endpoint);
      shown.searchParams.set("timeout", durationText(Math.ceil(callOptions.timeoutMs / 1000) * 1000));
      const post = `Post ${JSON.stringify(shownText(endpoint, shown))}`;
      const deadline = deadlineOf(callOptions, options.clock, closing.signal);
      let to: EndpointLocation | undefined;
      try {
        const text = JSON.stringify(body);
        const { signal } = deadline;
        if (options.own !== undefined && isOwnServer(endpoint)) {
          const { pathname: path, searchParams: query } = shown;
          return await callOwnServer(options.own, { path, query, body: text, signal });
        }
        to = await locate(endpoint);
        const agent = agentFor(endpoint);
        const headers = headersOf(endpoint, shown.host);
        const path = withTimeout(to.path, shown.searchParams);
        return await send({ agent, to: { ...to, path }, headers, body: Buffer.from(text), signal });
      } catch (error) {
        if (deadline.isOver()) {
          throw new WebhookCallError(`${post}: context deadline exceeded`, { isTimeout: true, cause: error });
        }
        if (deadline.signal.aborted) throw new WebhookCallError(`${post}: context canceled`, { cause: error });
        const why =
          error instanceof WebhookCallError || to === undefined
            ? errorMessage(error)
            : callErrorText(error, to, options.clock.now());
        throw new WebhookCallError(`${post}: ${why}`, { cause: error });
      } finally {
        deadline.end();
      }
    },
    async close() {
      closing.abort();
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

function certificateKey(endpoint: WebhookEndpoint): string {
  const { authorities, insecureSkipVerify = false, clientCertificate } = endpoint;
  const parts = [authorities, insecureSkipVerify, clientCertificate?.certificate, clientCertificate?.key];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64");
}

/** @throws WebhookCallError when the certificates are not PEM */
function createAgent(endpoint: WebhookEndpoint): Agent {
  const { authorities, insecureSkipVerify, clientCertificate } = endpoint;
  try {
    const secureContext = createSecureContext({
      ...(authorities !== undefined && { ca: authorities }),
      ...(clientCertificate !== undefined && { cert: clientCertificate.certificate, key: clientCertificate.key }),
      minVersion: "TLSv1.2",
      // As Go's verifier: whatever stands in the bundle is trusted, a server's own certificate and an intermediate authority too.
      allowPartialTrustChain: true,
    });
    return new Agent({
      secureContext,
      rejectUnauthorized: insecureSkipVerify !== true,
      // Here and not with the request: connections of requests that bring their own check are not shared.
      checkServerIdentity: identityError,
      keepAlive: true,
      maxSockets: MAX_CONNECTIONS_PER_ENDPOINT,
      maxFreeSockets: MAX_IDLE_PER_ENDPOINT,
      scheduling: "lifo",
      timeout: IDLE_MS,
    });
  } catch (error) {
    throw new WebhookCallError(`unable to load the endpoint's certificates: ${errorMessage(error)}`, { cause: error });
  }
}

function headersOf(endpoint: WebhookEndpoint, host: string): Record<string, string> {
  return {
    host,
    accept: "application/json, */*",
    "content-type": "application/json",
    "user-agent": "kube-apiserver-admission",
    ...(endpoint.bearerToken !== undefined && { authorization: `Bearer ${endpoint.bearerToken}` }),
  };
}

function withTimeout(path: string, query: URLSearchParams): string {
  const at = path.indexOf("?");
  return `${at < 0 ? path : path.slice(0, at)}?${query}`;
}

/** A signal for time running out, the caller giving up, and the server stopping. */
function deadlineOf({ timeoutMs, signal }: CallOptions, clock: Clock, closing: AbortSignal) {
  const timeout = new AbortController();
  const timer = clock.setTimer(() => timeout.abort(), timeoutMs);
  const all = [timeout.signal, closing, ...(signal === undefined ? [] : [signal])];
  return { signal: AbortSignal.any(all), isOver: () => timeout.signal.aborted, end: () => timer.cancel() };
}

interface Sending {
  readonly agent: Agent;
  readonly to: EndpointLocation;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly signal: AbortSignal;
}

/** On another connection when a kept one turns out to be closed: nobody was there to hear the call. */
async function send(sending: Sending): Promise<WebhookAnswer> {
  for (;;) {
    const { sent, answering } = start(sending);
    let response: IncomingMessage;
    try {
      response = await answering;
    } catch (error) {
      sent.destroy();
      if (sending.signal.aborted || !wasStale(error, sent)) throw error;
      continue;
    }
    try {
      return await readAnswer(response.statusCode ?? 0, response as AsyncIterable<Buffer>);
    } catch (error) {
      sent.destroy();
      throw error;
    }
  }
}

function start({ agent, to, headers, body, signal }: Sending): {
  sent: ClientRequest;
  answering: Promise<IncomingMessage>;
} {
  const sent = httpsRequest({
    agent,
    host: to.host,
    port: to.port,
    // A name that is an address is not sent, but checked all the same.
    servername: isIP(to.serverName) === 0 ? to.serverName : "",
    method: "POST",
    path: to.path,
    headers: { ...headers, "content-length": String(body.length) },
    signal,
  });
  const answering = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on("response", resolve);
    sent.on("error", reject);
  });
  sent.end(body);
  return { sent, answering };
}
