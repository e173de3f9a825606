/**
 * The seam for calls that the API server makes to somebody else's endpoint: admission and conversion webhooks,
 * authentication, authorization, audit and image policy webhooks, and the health of aggregated API servers.
 *
 * Connections are kept alive and shared by everybody who calls the same endpoint with the same certificates. A call is
 * bounded in time and size, and never retried (but on another connection, when a kept one was closed before it was heard):
 * who calls knows whether that is safe. Nothing is loaded or opened before the first call.
 */
export interface WebhookClient {
  /** POSTs JSON and resolves with the parsed answer, whatever its status code. @throws WebhookCallError */
  call(endpoint: WebhookEndpoint, body: object, options: CallOptions): Promise<WebhookAnswer>;
  /** Where requests for an endpoint go now, for callers that stream by themselves. @throws WebhookCallError */
  locate(endpoint: WebhookEndpoint): Promise<EndpointLocation>;
  /** Ends idle connections and refuses further calls. Idempotent. */
  close(): Promise<void>;
}

/** As whom somebody calls. */
export interface WebhookCredentials {
  /** PEM, for endpoints that want to know who calls. */
  readonly clientCertificate?: { readonly certificate: string; readonly key: string } | undefined;
  readonly bearerToken?: string | undefined;
}

/** As `clientConfig` of webhooks: a URL, or a Service of the cluster whose ready endpoints are asked. */
export interface WebhookEndpoint extends WebhookCredentials {
  readonly url?: string | undefined;
  readonly service?: ServiceEndpoint | undefined;
  /** PEM of the authorities that the endpoint's certificate must come from; the system's when absent. */
  readonly authorities?: string | undefined;
  readonly insecureSkipVerify?: boolean | undefined;
}

export interface ServiceEndpoint {
  readonly namespace: string;
  readonly name: string;
  readonly path?: string | undefined;
  /** 443 when absent. */
  readonly port?: number | undefined;
}

export interface EndpointLocation {
  readonly host: string;
  readonly port: number;
  /** The name that the certificate must have: `name.namespace.svc` for a Service. */
  readonly serverName: string;
  /** Of the URL, beginning with a slash, the query included. */
  readonly path: string;
  /** Without TLS: an `http` URL, as files of webhooks may have it. */
  readonly isPlain?: boolean;
}

export interface CallOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface WebhookAnswer {
  readonly code: number;
  /** The parsed JSON body; undefined when there was none. With an error code it may also be the text of something else. */
  readonly body: unknown;
}

/** The endpoint could not be asked, or did not answer in time or in JSON. The message says what happened, as upstream words it. */
export class WebhookCallError extends Error {
  override name = "WebhookCallError";
  readonly isTimeout: boolean;
  constructor(message: string, options: { isTimeout?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.isTimeout = options.isTimeout === true;
  }
}
