import { ageColumn, integerColumn, nameColumn } from "../columns.ts";
import { named, oneOf, optionalOneOf, uniqueness } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from "../generated/admissionregistration.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { defineKind, type KindDefinition } from "../kind.ts";
import { dns1035LabelErrors, dnsSubdomainErrors, qualifiedNameErrors } from "../names.ts";
import { validateLabelSelector } from "../selectors.ts";
import { setRuleDefaults, validateClientConfig, validateRules } from "./webhook-rules.ts";

type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;
type Webhook = MutatingWebhook | ValidatingWebhook;

export const mutatingWebhookConfigurationKind = webhookKind("MutatingWebhookConfiguration");
export const validatingWebhookConfigurationKind = webhookKind("ValidatingWebhookConfiguration");

function webhookKind(kind: string): KindDefinition {
  const isMutating = kind === "MutatingWebhookConfiguration";
  return defineKind<Configuration>({
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind,
    refusesUnconditionalUpdate: true,
    setDefaults({ webhooks }) {
      for (const webhook of webhooks ?? []) {
        setWebhookDefaults(webhook);
        if (isMutating) (webhook as MutatingWebhook).reinvocationPolicy ??= "Never";
      }
    },
    prepareForCreate: startGeneration,
    prepareForUpdate: countGeneration,
    validate({ webhooks }) {
      const unique = uniqueness();
      return (webhooks ?? []).flatMap((webhook, index) => {
        const field = `webhooks[${index}]`;
        const errors = [...validateWebhook(webhook, field), ...unique(webhook.name, `${field}.name`)];
        const policy = (webhook as MutatingWebhook).reinvocationPolicy;
        return [...errors, ...optionalOneOf(policy, ["IfNeeded", "Never"], `${field}.reinvocationPolicy`)];
      });
    },
    columns: [
      nameColumn,
      integerColumn<Configuration>(
        "Webhooks",
        "Webhooks indicates the number of webhooks registered in this configuration",
        ({ webhooks }) => webhooks?.length,
      ),
      ageColumn,
    ],
  });
}

function setWebhookDefaults(webhook: Webhook): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  setRuleDefaults(webhook.rules);
  if (webhook.clientConfig?.service !== undefined) webhook.clientConfig.service.port ??= 443;
}

function validateWebhook(webhook: Webhook, field: string): FieldError[] {
  const errors = validateWebhookName(webhook.name ?? "", `${field}.name`);
  const versions = webhook.admissionReviewVersions ?? [];
  if (versions.length === 0) {
    errors.push(required(`${field}.admissionReviewVersions`, "must specify one of v1, v1beta1"));
  } else if (!versions.includes("v1") && !versions.includes("v1beta1")) {
    errors.push(invalid(`${field}.admissionReviewVersions`, versions, "must include at least one of v1, v1beta1"));
  }
  versions.forEach((version, index) => {
    const path = `${field}.admissionReviewVersions[${index}]`;
    if (versions.indexOf(version) < index) errors.push(invalid(path, version, "duplicate version"));
    for (const message of dns1035LabelErrors(version)) errors.push(invalid(path, version, message));
  });
  const timeout = webhook.timeoutSeconds ?? 10;
  if (timeout < 1 || timeout > 30) {
    errors.push(invalid(`${field}.timeoutSeconds`, timeout, "the timeout value must be between 1 and 30 seconds"));
  }
  if (!webhook.sideEffects) errors.push(required(`${field}.sideEffects`, "must specify one of None, NoneOnDryRun"));
  else errors.push(...oneOf(webhook.sideEffects, ["None", "NoneOnDryRun"], `${field}.sideEffects`));
  return [
    ...errors,
    ...validateRules(webhook.rules, `${field}.rules`),
    ...optionalOneOf(webhook.failurePolicy, ["Fail", "Ignore"], `${field}.failurePolicy`),
    ...optionalOneOf(webhook.matchPolicy, ["Equivalent", "Exact"], `${field}.matchPolicy`),
    ...validateLabelSelector(webhook.namespaceSelector, `${field}.namespaceSelector`),
    ...validateLabelSelector(webhook.objectSelector, `${field}.objectSelector`),
    ...validateClientConfig(webhook.clientConfig, `${field}.clientConfig`),
    ...validateMatchConditions(webhook.matchConditions, `${field}.matchConditions`),
  ];
}

function validateWebhookName(name: string, field: string): FieldError[] {
  if (name === "") return [required(field)];
  const errors = dnsSubdomainErrors(name).map((message) => invalid(field, name, message));
  if (name.split(".").length < 3) {
    errors.push(invalid(field, name, "should be a domain with at least three segments separated by dots"));
  }
  return errors;
}

/** What is wrong with match conditions, except for their expressions, which whoever compiles them tells. */
export function validateMatchConditions(
  conditions: readonly { name: string; expression: string }[] | undefined,
  field: string,
): FieldError[] {
  const unique = uniqueness();
  const errors = (conditions ?? []).flatMap((condition, index) => {
    const path = `${field}[${index}]`;
    const missing: FieldError[] = [];
    missing.push(...named(condition.name, qualifiedNameErrors, `${path}.name`));
    if (!condition.expression?.trim()) missing.push(required(`${path}.expression`));
    return [...missing, ...unique(condition.name, `${path}.name`)];
  });
  const count = (conditions ?? []).length;
  if (count > 64)
    errors.push({ reason: "FieldValueTooMany", field, message: `Too many: ${count}: must have at most 64 items` });
  return errors;
}
