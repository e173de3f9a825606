import { isIP } from "node:net";
import type { Node, Pod, Service } from "../../api/generated/core/v1.ts";
import type { EndpointSlice } from "../../api/generated/discovery.k8s.io/v1.ts";
import { badRequest, notFound, serviceUnavailable } from "../../api/status.ts";
import { locationOf } from "./kubelet-client.ts";
import type { ProxyName } from "./proxy-name.ts";

/** Where a proxied request goes. */
export interface ProxyTarget {
  readonly secure: boolean;
  /** Only a node's own server gets our client certificate, and must prove that it is one. */
  readonly isKubelet: boolean;
  readonly host: string;
  readonly port: number;
  /** Of the kubelet. */
  readonly version?: string;
}

/** `nodes/proxy`: the node's own server, or another port of the node. @throws StatusError BadRequest */
export function nodeTarget(node: Node, wanted: ProxyName): ProxyTarget {
  const own = locationOf(node);
  if (wanted.port === "" || Number(wanted.port) === own.port) return { ...own, secure: true, isKubelet: true };
  return { host: own.host, port: portNumber(wanted.port), secure: wanted.scheme === "https", isKubelet: false };
}

/** `pods/proxy`: the pod's address. @throws StatusError BadRequest for pods that cannot be proxied to */
export function podTarget(pod: Pod, wanted: ProxyName): ProxyTarget {
  const host = pod.status?.podIP ?? "";
  if (host === "") throw badRequest("address not allowed");
  const first = pod.spec?.containers?.flatMap((container) => container.ports ?? [])[0]?.containerPort;
  const named = pod.spec?.containers
    ?.flatMap((container) => container.ports ?? [])
    .find((port) => port.name === wanted.port)?.containerPort;
  const secure = wanted.scheme === "https";
  const fallback = first ?? (secure ? 443 : 80);
  const port = wanted.port === "" ? fallback : (named ?? portNumber(wanted.port));
  return { host: proxiable(host), port, secure, isKubelet: false };
}

/** `services/proxy`: one of the service's ready endpoints. @throws StatusError ServiceUnavailable when there is none */
export function serviceTarget(
  service: Service,
  wanted: ProxyName,
  context: { slices: readonly EndpointSlice[]; fraction: number },
): ProxyTarget {
  const name = service.metadata?.name ?? "";
  const ports = service.spec?.ports ?? [];
  const port = ports.find((each) =>
    wanted.port === "" ? ports.length === 1 : each.name === wanted.port || String(each.port) === wanted.port,
  );
  if (port === undefined && wanted.port !== "") {
    throw serviceUnavailable(
      `no service port ${JSON.stringify(wanted.port)} found for service ${JSON.stringify(name)}`,
    );
  }
  // Without a port in the request: the service's only one, or (as upstream) the one without a name.
  const portName = port?.name ?? "";
  const candidates = context.slices
    .filter((slice) => slice.metadata?.labels?.["kubernetes.io/service-name"] === name)
    .flatMap((slice) => {
      const number = slice.ports?.find((each) => (each.name ?? "") === portName)?.port;
      const ready = (slice.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready !== false);
      if (number === undefined) return [];
      return ready.flatMap((endpoint) => endpoint.addresses.slice(0, 1).map((host) => ({ host, port: number })));
    });
  const chosen = candidates[Math.floor(context.fraction * candidates.length)];
  if (chosen === undefined) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  return { host: proxiable(chosen.host), port: chosen.port, secure: wanted.scheme === "https", isKubelet: false };
}

/** Text of a name that cannot be parsed, as upstream. */
export function invalidProxyName(resource: "node" | "pod" | "service", text: string): Error {
  return badRequest(`invalid ${resource} request ${JSON.stringify(text)}`);
}

export function proxyNotFound(resource: string, name: string): Error {
  return notFound({ group: "", resource }, name);
}

/** The server's own loopback and link-local neighbours are out of reach for clients. */
function proxiable(host: string): string {
  const isInternal = /^(127\.|169\.254\.|0\.0\.0\.0$|::1?$|fe80:)/i.test(host);
  if (isIP(host) === 0 || isInternal) throw badRequest("address not allowed");
  return host;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw badRequest(`invalid port ${JSON.stringify(text)}`);
  return port;
}
