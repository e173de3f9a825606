import { createHash } from "node:crypto";
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { type ConnectionOptions, createSecureContext } from "node:tls";
import { endpointSlices, services } from "../../api/generated/resources.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { LocalRequests } from "../local-requests.ts";
import type { ObjectReader } from "../reader.ts";
import { AdoptingAgent } from "./adopting-agent.ts";
import { callErrorText, identityError, wasStale } from "./call-error.ts";
import { durationText } from "./duration-text.ts";
import type { Http2Sessions } from "./http2-sessions.ts";
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
const MAX_POOLS = 64;

export interface WebhookClientOptions {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly random: Random;
  /** Requests to this API server as itself, for webhooks that are behind it; where absent, they are called like all others. */
  readonly own?: LocalRequests;
}

/** Connections to endpoints that are called with the same certificates. */
interface Connections {
  readonly agent: AdoptingAgent;
  readonly plain: HttpAgent;
  http2(): Promise<Http2Sessions>;
  isIdle(): boolean;
  destroy(): void;
}

/**
 * Calls webhooks with connections that are kept. See webhook-client.ts for what it promises. Servers that a URL names are spoken to
 * in HTTP/2 when they offer it; Services in HTTP/1.1, so that calls spread over their endpoints, as upstream does both.
 */
export function createWebhookClient(options: WebhookClientOptions): WebhookClient {
  const pools = new Map<string, Connections>();
  const closing = new AbortController();

  function poolFor(endpoint: WebhookEndpoint): Connections {
    const key = certificateKey(endpoint);
    const known = pools.get(key);
    const pool = known ?? createPool(endpoint);
    pools.delete(key);
    pools.set(key, pool);
    for (const [oldest, other] of pools) {
      if (pools.size <= MAX_POOLS) break;
      if (other === pool || !other.isIdle()) continue;
      pools.delete(oldest);
      other.destroy();
    }
    return pool;
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
        const pool = poolFor(endpoint);
        const headers = headersOf(endpoint, shown.host);
        const path = withTimeout(to.path, shown.searchParams);
        const sending = { pool, to: { ...to, path }, headers, body: Buffer.from(text), signal };
        if (endpoint.service === undefined && to.isPlain !== true) {
          const answer = await (await pool.http2()).send(targetOf(to), { ...sending, path });
          if (answer !== undefined) return answer;
        }
        return await send(sending);
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
      for (const pool of pools.values()) pool.destroy();
      pools.clear();
    },
  };
}

function certificateKey(endpoint: WebhookEndpoint): string {
  const { authorities, insecureSkipVerify = false, clientCertificate } = endpoint;
  const parts = [authorities, insecureSkipVerify, clientCertificate?.certificate, clientCertificate?.key];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64");
}

/** @throws WebhookCallError when the certificates are not PEM */
function createPool(endpoint: WebhookEndpoint): Connections {
  const { authorities, insecureSkipVerify, clientCertificate } = endpoint;
  try {
    const secureContext = createSecureContext({
      ...(authorities !== undefined && { ca: authorities }),
      ...(clientCertificate !== undefined && { cert: clientCertificate.certificate, key: clientCertificate.key }),
      minVersion: "TLSv1.2",
      // As Go's verifier: whatever stands in the bundle is trusted, a server's own certificate and an intermediate authority too.
      allowPartialTrustChain: true,
    });
    const tls: ConnectionOptions = {
      secureContext,
      rejectUnauthorized: insecureSkipVerify !== true,
      // Here and not with the request: connections of requests that bring their own check are not shared.
      checkServerIdentity: identityError,
    };
    const kept = {
      keepAlive: true,
      maxSockets: MAX_CONNECTIONS_PER_ENDPOINT,
      maxFreeSockets: MAX_IDLE_PER_ENDPOINT,
      scheduling: "lifo",
      timeout: IDLE_MS,
    } as const;
    const agent = new AdoptingAgent({ ...tls, ...kept });
    const plain = new HttpAgent(kept);
    let sessions: Http2Sessions | undefined;
    return {
      agent,
      plain,
      async http2() {
        const { Http2Sessions: Sessions } = await import("./http2-sessions.ts");
        sessions ??= new Sessions(tls, agent);
        return sessions;
      },
      isIdle: () =>
        [agent, plain].every(({ sockets }) => Object.keys(sockets).length === 0) && sessions?.isIdle !== false,
      destroy() {
        for (const each of [agent, plain, sessions]) each?.destroy();
      },
    };
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
  readonly pool: Connections;
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

function start({ pool, to, headers, body, signal }: Sending): {
  sent: ClientRequest;
  answering: Promise<IncomingMessage>;
} {
  const { host, port, servername } = targetOf(to);
  const options = { method: "POST", path: to.path, headers: { ...headers, "content-length": String(body.length) } };
  const sent =
    to.isPlain === true
      ? httpRequest({ ...options, agent: pool.plain, host, port, signal })
      : httpsRequest({ ...options, agent: pool.agent, host, port, servername, signal });
  const answering = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on("response", resolve);
    sent.on("error", reject);
  });
  sent.end(body);
  return { sent, answering };
}

/** A name that is an address is not sent, but checked all the same. */
function targetOf({ host, port, serverName }: EndpointLocation) {
  return { host, port, servername: isIP(serverName) === 0 ? serverName : "" };
}
