/** What kube-apiserver's flags say about authorization, as plain data. */
export interface AuthorizationSettings {
  /** `--authorization-mode`: Node and RBAC when absent. */
  readonly modes?: readonly string[] | undefined;
  /** `--authorization-config`: the chain with its webhooks, read again when it changes. */
  readonly configurationFile?: string | undefined;
  readonly webhook?: AuthorizationWebhookSettings | undefined;
}

/** `--authorization-webhook-…`. */
export interface AuthorizationWebhookSettings {
  readonly configFile: string;
  /** v1 when absent. */
  readonly version?: string | undefined;
  /** Five minutes when absent. */
  readonly authorizedTtlMs?: number | undefined;
  /** Half a minute when absent. */
  readonly unauthorizedTtlMs?: number | undefined;
}
