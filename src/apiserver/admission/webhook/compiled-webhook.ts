import { loadCel } from "../../../api/cel/load-cel.ts";
import type {
  MutatingWebhook,
  ValidatingWebhook,
  WebhookClientConfig,
} from "../../../api/generated/admissionregistration.k8s.io/v1.ts";
import type { ApiObject } from "../../../api/meta.ts";
import type { WebhookEndpoint } from "../../outgoing/webhook-client.ts";
import { credentialsFor, type WebhookUsers } from "../../outgoing/webhook-users.ts";
import { type CompiledCondition, compileMatchConditions } from "../matching/match-conditions.ts";
import type { Rule } from "../matching/rules.ts";
import { type CompiledSelectors, compileSelectors } from "../matching/selectors.ts";

/** One webhook of a configuration, ready to be matched and called. */
export interface CompiledWebhook {
  readonly name: string;
  readonly configuration: string;
  /** Unique among all webhooks: a configuration may hold several of the same name. */
  readonly key: string;
  readonly rules: readonly Rule[];
  readonly matchPolicy: string;
  readonly selectors: CompiledSelectors;
  readonly endpoint: WebhookEndpoint;
  readonly failurePolicy: string;
  readonly sideEffects: string;
  readonly reinvocationPolicy: string;
  readonly timeoutMs: number;
  readonly reviewVersions: readonly string[];
  /** Compiled when they are first needed. @throws CelCompileError */
  readonly conditions: () => Promise<readonly CompiledCondition[]>;
}

export interface WebhookConfiguration extends ApiObject {
  webhooks?: (MutatingWebhook | ValidatingWebhook)[];
}

/** @throws SelectorError */
export function compileWebhooks(configuration: WebhookConfiguration, users?: WebhookUsers): CompiledWebhook[] {
  const name = configuration.metadata?.name ?? "";
  const seen = new Map<string, number>();
  return (configuration.webhooks ?? []).map((webhook) => {
    const index = seen.get(webhook.name) ?? 0;
    seen.set(webhook.name, index + 1);
    return compileWebhook(webhook, { configuration: name, key: `${name}/${webhook.name}/${index}` }, users);
  });
}

function compileWebhook(
  webhook: MutatingWebhook | ValidatingWebhook,
  of: { configuration: string; key: string },
  users: WebhookUsers | undefined,
): CompiledWebhook {
  let compiled: Promise<readonly CompiledCondition[]> | undefined;
  const conditions = webhook.matchConditions ?? [];
  const endpoint = endpointOf(webhook.clientConfig);
  return {
    ...of,
    name: webhook.name,
    rules: webhook.rules ?? [],
    matchPolicy: webhook.matchPolicy ?? "Equivalent",
    selectors: compileSelectors(webhook),
    endpoint: { ...endpoint, ...credentialsFor(users, endpoint) },
    failurePolicy: webhook.failurePolicy ?? "Fail",
    sideEffects: webhook.sideEffects,
    reinvocationPolicy: (webhook as MutatingWebhook).reinvocationPolicy ?? "Never",
    timeoutMs: (webhook.timeoutSeconds ?? 10) * 1000,
    reviewVersions: webhook.admissionReviewVersions,
    conditions: () =>
      (compiled ??=
        conditions.length === 0
          ? Promise.resolve([])
          : loadCel().then((cel) => compileMatchConditions(cel, conditions))),
  };
}

/** Where `clientConfig` leads, for admission and conversion webhooks. */
export function endpointOf({ url, service, caBundle }: WebhookClientConfig): WebhookEndpoint {
  return {
    url,
    service,
    ...(caBundle && { authorities: Buffer.from(caBundle, "base64").toString("utf8") }),
  };
}
