import { ageColumn, integerColumn, nameColumn } from "../columns.ts";
import { named, oneOfWhenSet, uniqueness } from "../field-checks.ts";
import { type FieldError, invalid, required, tooMany } from "../field-error.ts";
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from "../generated/admissionregistration.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { defineKind, type KindDefinition } from "../kind.ts";
import { dns1035LabelErrors, dnsSubdomainErrors, qualifiedNameErrors } from "../names.ts";
import { equalJson } from "../patch/json-value.ts";
import { validateLabelSelector } from "../selectors.ts";
import { setRuleDefaults, validateClientConfig, validateRules } from "./webhook-rules.ts";

const REVIEW_VERSIONS = ["v1", "v1beta1"];
const HARMLESS = ["None", "NoneOnDryRun"];
const SIDE_EFFECTS = [...HARMLESS, "Some", "Unknown"];
const CONDITIONS_MAX = 64;

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
    validate({ webhooks = [] }, old) {
      const before: readonly Webhook[] = old?.webhooks ?? [];
      const strictness = strictnessFor(before);
      const wasUnique = new Set(before.map(({ name }) => name)).size === before.length;
      const sameConditions = old !== undefined && equalJson(webhooks.map(conditionsOf), before.map(conditionsOf));
      const unique = uniqueness();
      return webhooks.flatMap((webhook, index) => {
        const field = `webhooks[${index}]`;
        const errors = validateWebhook(webhook, field, { ...strictness, sameConditions });
        return wasUnique ? [...errors, ...unique(webhook.name, `${field}.name`)] : errors;
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

const conditionsOf = ({ matchConditions = [] }: Webhook) => matchConditions;

function setWebhookDefaults(webhook: Webhook): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  setRuleDefaults(webhook.rules);
  if (webhook.clientConfig?.service !== undefined) webhook.clientConfig.service.port ??= 443;
}

/** What older configurations have done wrong, they may go on with. */
interface Strictness {
  readonly sideEffects: readonly string[];
  readonly needsKnownVersion: boolean;
  readonly allowInvalidLabelValue: boolean;
}

function strictnessFor(old: readonly Webhook[]): Strictness {
  const isHarmless = old.every(({ sideEffects }) => HARMLESS.includes(sideEffects ?? ""));
  return {
    sideEffects: isHarmless ? HARMLESS : SIDE_EFFECTS,
    needsKnownVersion: old.every(({ admissionReviewVersions: versions = [] }) => {
      return versions.length === 0 || versions.some((version) => REVIEW_VERSIONS.includes(version));
    }),
    allowInvalidLabelValue: old.some(({ namespaceSelector, objectSelector }) =>
      [namespaceSelector, objectSelector].some((selector) => validateLabelSelector(selector, "").length > 0),
    ),
  };
}

function validateWebhook(
  webhook: Webhook,
  field: string,
  strictness: Strictness & { readonly sameConditions: boolean },
): FieldError[] {
  const errors = [
    ...validateWebhookName(webhook.name ?? "", `${field}.name`),
    ...validateRules(webhook.rules, `${field}.rules`),
    ...oneOfWhenSet(webhook.failurePolicy, ["Fail", "Ignore"], `${field}.failurePolicy`),
    ...oneOfWhenSet(webhook.matchPolicy, ["Equivalent", "Exact"], `${field}.matchPolicy`),
  ];
  const { sideEffects } = strictness;
  if (webhook.sideEffects === undefined) {
    errors.push(required(`${field}.sideEffects`, `must specify one of ${sideEffects.join(", ")}`));
  } else errors.push(...oneOfWhenSet(webhook.sideEffects, sideEffects, `${field}.sideEffects`));
  const timeout = webhook.timeoutSeconds ?? 10;
  if (timeout < 1 || timeout > 30) {
    errors.push(invalid(`${field}.timeoutSeconds`, timeout, "the timeout value must be between 1 and 30 seconds"));
  }
  const { reinvocationPolicy } = webhook as MutatingWebhook;
  return [
    ...errors,
    ...validateLabelSelector(webhook.namespaceSelector, `${field}.namespaceSelector`, strictness),
    ...validateLabelSelector(webhook.objectSelector, `${field}.objectSelector`, strictness),
    ...oneOfWhenSet(reinvocationPolicy, ["IfNeeded", "Never"], `${field}.reinvocationPolicy`),
    ...validateClientConfig(webhook.clientConfig, `${field}.clientConfig`),
    ...(strictness.sameConditions ? [] : validateMatchConditions(webhook.matchConditions, `${field}.matchConditions`)),
    ...validateVersions(webhook.admissionReviewVersions ?? [], `${field}.admissionReviewVersions`, strictness),
  ];
}

function validateVersions(versions: readonly string[], field: string, { needsKnownVersion }: Strictness): FieldError[] {
  const known = REVIEW_VERSIONS.join(", ");
  if (versions.length === 0) return [required(field, `must specify one of ${known}`)];
  const errors = versions.flatMap((version, index) => {
    const path = `${field}[${index}]`;
    if (versions.indexOf(version) < index) return [invalid(path, version, "duplicate version")];
    return dns1035LabelErrors(version).map((message) => invalid(path, version, message));
  });
  if (!needsKnownVersion || versions.some((version) => REVIEW_VERSIONS.includes(version))) return errors;
  return [...errors, invalid(field, versions, `must include at least one of ${known}`)];
}

function validateWebhookName(name: string, field: string): FieldError[] {
  if (name === "") return [required(field)];
  const wrong = dnsSubdomainErrors(name);
  if (wrong.length > 0) return [invalid(field, name, wrong.join(","))];
  if (name.split(".").length >= 3) return [];
  return [invalid(field, name, "should be a domain with at least three segments separated by dots")];
}

/** What is wrong with match conditions, except for their expressions, which whoever compiles them tells. */
export function validateMatchConditions(
  conditions: readonly { name: string; expression: string }[] | undefined,
  field: string,
): FieldError[] {
  const unique = uniqueness();
  const count = (conditions ?? []).length;
  const errors = count > CONDITIONS_MAX ? [tooMany(field, count, CONDITIONS_MAX)] : [];
  return [
    ...errors,
    ...(conditions ?? []).flatMap(({ name, expression }, index) => [
      ...(expression?.trim() ? [] : [required(`${field}[${index}].expression`)]),
      ...named(name, qualifiedNameErrors, `${field}[${index}].name`),
      ...unique(name, `${field}[${index}].name`),
    ]),
  ];
}
