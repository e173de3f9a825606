import type { IncomingMessage } from "node:http";
import type { Node, Pod, Service } from "../../api/generated/core/v1.ts";
import { endpointSlices } from "../../api/generated/resources.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Answer, Exchange, StreamAnswer } from "../exchange.ts";
import type { ObjectReader } from "../reader.ts";
import type { Subresource, SubresourceHandler } from "../subresources/subresource.ts";
import { admitConnect } from "./admit-connect.ts";
import {
  type Connection,
  forwardPlain,
  forwardUpgrade,
  handedBackHeaders,
  handedOnHeaders,
  type OutgoingRequest,
} from "./forward.ts";
import type { KubeletLocation, KubeletTls } from "./kubelet-client.ts";
import { isPage, rewrittenPage } from "./proxied-page.ts";
import { type ProxyName, parseProxyName, targetPath } from "./proxy-name.ts";
import {
  invalidProxyName,
  nodeTarget,
  type ProxyTarget,
  podTarget,
  proxyNotFound,
  serviceTarget,
} from "./proxy-target.ts";

export interface ProxyOptions {
  tls(to: KubeletLocation): KubeletTls;
  reader(): ObjectReader;
  readonly random: Random;
}

/** `nodes/proxy`, `pods/proxy` and `services/proxy`: hands any request on to what stands behind the object. */
export function proxySubresource(kind: "node" | "pod" | "service", options: ProxyOptions): Subresource {
  const handler: SubresourceHandler = async (resource, exchange, environment) => {
    const path = targetPath(exchange.path);
    if (path === undefined && (exchange.method === "GET" || exchange.method === "HEAD")) return withSlash(exchange);
    const wanted = parseProxyName(exchange.info.name);
    if (wanted === undefined) throw invalidProxyName(kind, exchange.info.name);
    await admitConnect(resource, exchange, { environment, path: path ?? "/" });
    const stored = await resource.storage.get(exchange.info.namespace, wanted.name);
    if (stored === undefined) throw proxyNotFound(resource.schema.resource, wanted.name);
    const target = await targetOf(kind, stored.object, { wanted, options });
    const question = exchange.query.size === 0 ? "" : `?${exchange.query}`;
    const connection = connectionTo(target, options);
    const request = { ...connection, method: exchange.method, path: `${path ?? "/"}${question}` };
    return exchange.upgrade === undefined
      ? proxyPlain(exchange, request, { target, path: path ?? "/", clock: environment.clock })
      : forwardUpgrade(exchange, exchange.upgrade, { request });
  };
  return { get: handler, create: handler, update: handler, patch: handler, delete: handler, "": handler };
}

async function targetOf(
  kind: "node" | "pod" | "service",
  object: object,
  context: { wanted: ProxyName; options: ProxyOptions },
): Promise<ProxyTarget> {
  const { wanted, options } = context;
  if (kind === "node") return nodeTarget(object as Node, wanted);
  if (kind === "pod") return podTarget(object as Pod, wanted);
  const service = object as Service;
  const slices = await options.reader().list(endpointSlices, service.metadata?.namespace);
  return serviceTarget(service, wanted, { slices, fraction: options.random.fraction() });
}

/** Certificates of pods are nobody's business but theirs: upstream does not check them here either. */
function connectionTo(target: ProxyTarget, options: Pick<ProxyOptions, "tls">): Connection {
  const { host, port, secure, isKubelet } = target;
  if (isKubelet) return { host, port, secure: true, allowPartialTrustChain: true, ...options.tls(target) };
  return secure ? { host, port, secure: true, rejectUnauthorized: false } : { host, port, secure: false };
}

async function proxyPlain(
  exchange: Exchange,
  request: OutgoingRequest,
  to: { target: ProxyTarget; path: string; clock: Clock },
): Promise<StreamAnswer> {
  const headers = handedOnHeaders(exchange);
  headers["x-forwarded-uri"] = prefixOf(exchange, to.path) + to.path;
  const response = await forwardPlain(exchange, request, headers);
  const rewrite = (link: string): string => relocated(link, exchange, to);
  const stays = !isPage(response, exchange.method);
  const chunks = stays ? (response as AsyncIterable<Buffer>) : rewrittenPage(response, { rewrite, clock: to.clock });
  const found = answerHeaders(response, rewrite);
  if (!stays) delete found["content-length"];
  return { kind: "stream", code: response.statusCode ?? 502, headers: found, chunks };
}

/** Which other origins may read an answer is not for what stands behind the proxy to say. */
const CROSS_ORIGIN = /^access-control-allow-(?:credentials|headers|methods|origin)$/;

/** A redirect within the target leads through the proxy again. */
function answerHeaders(
  response: IncomingMessage,
  rewrite: (link: string) => string,
): Record<string, string | string[]> {
  const found = handedBackHeaders(response);
  for (const name of Object.keys(found)) if (CROSS_ORIGIN.test(name)) delete found[name];
  if (response.headers.location !== undefined) found.location = rewrite(response.headers.location);
  return found;
}

/** A link within the target, as it leads through the proxy. Those relative to the page stay, and those that lead elsewhere. */
function relocated(link: string, exchange: Exchange, { target, path }: { target: ProxyTarget; path: string }): string {
  const [, origin = "", host = "", rest = ""] = /^((?:https?:)?\/\/([^/?#]*))?(.*)$/is.exec(link) ?? [];
  const isOfTarget =
    host === "" || host === new URL(`${target.secure ? "https" : "http"}://${target.host}:${target.port}`).host;
  // A server that believes in what the request says of its way names the host that the client asked.
  const isOfDoor = host !== "" && host === (exchange.headers.host ?? exchange.headers[":authority"]);
  if (!rest.startsWith("/") || !(isOfTarget || isOfDoor)) return link;
  const prefix = prefixOf(exchange, path);
  return `${isOfDoor ? origin : ""}${rest.startsWith(prefix) ? "" : prefix}${rest}`;
}

function prefixOf(exchange: Exchange, path: string): string {
  return exchange.path.endsWith(path) ? exchange.path.slice(0, -path.length) : exchange.path;
}

function withSlash(exchange: Exchange): Answer {
  const question = exchange.query.size === 0 ? "" : `?${exchange.query}`;
  const headers = { location: `${exchange.path}/${question}` };
  return { kind: "text", code: 301, contentType: "text/plain; charset=utf-8", text: "", headers };
}
