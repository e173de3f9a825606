import { createSecureContext, type SecureContext } from "node:tls";
import type { APIService } from "../../api/generated/apiregistration.k8s.io/v1.ts";
import type { Connection } from "../connect/forward.ts";
import type { EndpointLocation, WebhookClient, WebhookEndpoint } from "../outgoing/webhook-client.ts";

/** How the API server proves itself to aggregated servers: PEM, asked each time because certificates are renewed. */
export type ProxyCertificate = () => { readonly certificate: string; readonly key: string };

/** `v1beta1.metrics.k8s.io`: how APIServices are named. */
export function apiServiceName({ group, version }: { group: string; version: string }): string {
  return `${version}.${group}`;
}

/** An API that another server answers for. */
export function isRemote(service: APIService): boolean {
  return service.spec?.service !== undefined;
}

/** Where the APIService's server is. */
export function endpointOf({ spec }: APIService): WebhookEndpoint {
  const { service, caBundle, insecureSkipTLSVerify } = spec ?? {};
  return {
    service: { namespace: service?.namespace ?? "", name: service?.name ?? "", port: service?.port ?? 443 },
    ...(caBundle !== undefined && { authorities: Buffer.from(caBundle, "base64").toString() }),
    insecureSkipVerify: insecureSkipTLSVerify === true,
  };
}

/** Secure contexts by what they are made of: making one costs a millisecond. */
export class RemoteConnections {
  readonly #webhooks: WebhookClient;
  readonly #certificate: ProxyCertificate | undefined;
  readonly #contexts = new Map<string, SecureContext>();

  constructor(options: { webhooks: WebhookClient; certificate: ProxyCertificate | undefined }) {
    this.#webhooks = options.webhooks;
    this.#certificate = options.certificate;
  }

  /** Where a request for the APIService goes now. @throws WebhookCallError when its Service has no ready endpoint */
  async connectionTo(service: APIService): Promise<Connection> {
    const endpoint = endpointOf(service);
    const location: EndpointLocation = await this.#webhooks.locate(endpoint);
    return {
      secure: true,
      host: location.host,
      port: location.port,
      servername: location.serverName,
      rejectUnauthorized: endpoint.insecureSkipVerify !== true,
      secureContext: this.#contextOf(endpoint),
    };
  }

  #contextOf({ authorities }: WebhookEndpoint): SecureContext {
    const own = this.#certificate?.();
    const id = JSON.stringify([authorities, own?.certificate]);
    let context = this.#contexts.get(id);
    if (context === undefined) {
      context = createSecureContext({
        ...(authorities !== undefined && { ca: authorities }),
        ...(own !== undefined && { cert: own.certificate, key: own.key }),
        minVersion: "TLSv1.2",
        // As Go's verifier: see create-webhook-client.ts.
        allowPartialTrustChain: true,
      });
      // Renewed certificates and changed bundles leave old ones behind.
      if (this.#contexts.size >= CONTEXTS_MAX) this.#contexts.clear();
      this.#contexts.set(id, context);
    }
    return context;
  }
}

const CONTEXTS_MAX = 64;
