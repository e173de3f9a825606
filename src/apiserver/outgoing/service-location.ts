import { posix } from "node:path";
import type { Service } from "../../api/generated/core/v1.ts";
import type { EndpointSlice } from "../../api/generated/discovery.k8s.io/v1.ts";
import { type EndpointLocation, type ServiceEndpoint, WebhookCallError } from "./webhook-client.ts";

const DEFAULT_PORT = 443;
const DEFAULT_PLAIN_PORT = 80;

/** What a Service stands for at the moment of a call. */
export interface ServiceState {
  readonly service: Service | undefined;
  /** All slices of the Service's namespace. */
  readonly slices: readonly EndpointSlice[];
  /** Chooses among the ready endpoints; in [0, 1). */
  readonly fraction: number;
}

/**
 * One ready endpoint of a Service (upstream: apiserver util/proxy.ResolveEndpoint). Endpoints are asked themselves,
 * because the address of a Service need not lead anywhere where the API server runs.
 * @throws WebhookCallError
 */
export function locateService(wanted: ServiceEndpoint, state: ServiceState): EndpointLocation {
  const { service } = state;
  const name = JSON.stringify(wanted.name);
  if (service === undefined) throw new WebhookCallError(`service ${name} not found`);
  const number = wanted.port ?? DEFAULT_PORT;
  const serverName = `${wanted.name}.${wanted.namespace}.svc`;
  const path = pathOf(wanted.path);
  const { type = "ClusterIP", externalName = "", ports = [] } = service.spec ?? {};
  if (type === "ExternalName") return { host: externalName, port: number, serverName, path };
  const port = ports.find((each) => each.port === number);
  if (port === undefined) throw new WebhookCallError(`no service port ${number} found for service ${name}`);
  const candidates = state.slices
    .filter((slice) => slice.metadata?.labels?.["kubernetes.io/service-name"] === wanted.name)
    .flatMap((slice) => readyAddresses(slice, port.name ?? ""));
  const chosen = candidates[Math.floor(state.fraction * candidates.length)];
  if (chosen === undefined) throw new WebhookCallError(`no endpoints available for service ${name}`);
  return { ...chosen, serverName, path };
}

function readyAddresses(slice: EndpointSlice, portName: string): { host: string; port: number }[] {
  const port = slice.ports?.find((each) => (each.name ?? "") === portName)?.port;
  if (port === undefined) return [];
  return (slice.endpoints ?? [])
    .filter((endpoint) => endpoint.conditions?.ready !== false)
    .flatMap((endpoint) => endpoint.addresses.slice(0, 1).map((host) => ({ host, port })));
}

/** Where a URL leads. @throws WebhookCallError */
export function locateUrl(text: string): EndpointLocation {
  if (!URL.canParse(text)) throw new WebhookCallError(`cannot parse the URL ${JSON.stringify(text)}`);
  const url = new URL(text);
  const isPlain = url.protocol === "http:";
  if (!isPlain && url.protocol !== "https:") throw new WebhookCallError(`the URL ${JSON.stringify(text)} is not https`);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return {
    host,
    port: url.port === "" ? (isPlain ? DEFAULT_PLAIN_PORT : DEFAULT_PORT) : Number(url.port),
    serverName: host,
    path: pathOf(url.pathname) + url.search,
    ...(isPlain && { isPlain }),
  };
}

/** What stands in error messages: the address as the configuration says it, not the endpoint that was chosen. */
export function shownUrl(endpoint: { url?: string | undefined; service?: ServiceEndpoint | undefined }): URL {
  const { url, service } = endpoint;
  if (service === undefined) {
    const shown = new URL(url ?? "https://unknown.invalid/");
    shown.pathname = pathOf(shown.pathname);
    return shown;
  }
  const { name, namespace, port = DEFAULT_PORT, path } = service;
  return new URL(`https://${name}.${namespace}.svc:${port}${pathOf(path)}`);
}

/** As text, with the port also where it is the scheme's own: so upstream names Services. */
export function shownText(endpoint: { service?: ServiceEndpoint | undefined }, url: URL): string {
  const port = url.port === "" && endpoint.service !== undefined ? `:${DEFAULT_PORT}` : "";
  return `${url.protocol}//${url.host}${port}${url.pathname}${url.search}`;
}

/** As client-go joins paths: one slash between parts, none at the end. Go's servers send other paths elsewhere. */
function pathOf(path = ""): string {
  const joined = posix.join("/", path);
  return joined.length > 1 && joined.endsWith("/") ? joined.slice(0, -1) : joined;
}
