import type { WebhookCredentials, WebhookEndpoint } from "./webhook-client.ts";

/** As whom webhooks are called: users of a kubeconfig, which are named after the hosts that they are for. */
export interface WebhookUsers {
  readonly byName: ReadonlyMap<string, WebhookCredentials>;
  /** Of the current context. */
  readonly current: WebhookCredentials | undefined;
}

const HTTPS_PORT = "443";

/**
 * Who an endpoint knows the server as (upstream: AuthenticationInfoResolver). The longest name counts: `host:port`, then `*.domain`
 * by fewer and fewer steps, the same without the port where that is 443, then `*`, then whom the current context names.
 */
export function credentialsFor(users: WebhookUsers | undefined, endpoint: WebhookEndpoint): WebhookCredentials {
  if (users === undefined) return {};
  const { host, port } = addressOf(endpoint);
  const names = [`${host}:${port}`, ...(port === HTTPS_PORT ? [host] : [])].flatMap(withWildcards);
  const found = [...names, "*"].find((name) => users.byName.has(name));
  return (found === undefined ? users.current : users.byName.get(found)) ?? {};
}

function addressOf({ url, service }: WebhookEndpoint): { host: string; port: string } {
  if (service !== undefined) {
    return { host: `${service.name}.${service.namespace}.svc`, port: String(service.port ?? HTTPS_PORT) };
  }
  const { hostname, port } = new URL(url ?? "https://");
  return { host: hostname, port: port || HTTPS_PORT };
}

function withWildcards(name: string): string[] {
  const steps = name.split(".");
  return steps.map((_, index) => (index === 0 ? name : `*.${steps.slice(index).join(".")}`));
}
