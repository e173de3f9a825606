import { statSync } from "node:fs";
import path from "node:path";
import { duplicate, type FieldError, invalid, notSupported, required } from "../../api/field-error.ts";
import { dnsSubdomainErrors } from "../../api/names.ts";
import { errorMessage } from "../../base/assert.ts";
import { parseDuration } from "../../base/duration.ts";
import type { AuthorizationConfiguration, WebhookConfiguration } from "./configuration.ts";

const AUTHORIZER_TYPES: readonly string[] = ["AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"];

const MAX_TIMEOUT_MS = 30_000;

/** What is wrong with the chain besides its expressions (apiserver validation.ValidateAuthorizationConfiguration). */
export function validateAuthorization({ authorizers = [] }: AuthorizationConfiguration): FieldError[] {
  if (authorizers.length === 0) return [required("authorizers", "at least one authorization mode must be defined")];
  const errors: FieldError[] = [];
  const [types, names] = [new Set<string>(), new Set<string>()];
  for (const [index, { type = "", name = "", webhook }] of authorizers.entries()) {
    const at = `authorizers[${index}]`;
    const wrong = typeErrors(type, `${at}.type`, types);
    errors.push(...wrong);
    if (wrong.length > 0) continue;
    types.add(type);
    errors.push(...nameErrors(name, `${at}.name`, names));
    names.add(name);
    if (type === "Webhook") {
      errors.push(
        ...(webhook === undefined
          ? [required(`${at}.webhook`, "required when type=Webhook")]
          : webhookErrors(webhook, at)),
      );
    } else if (webhook !== undefined) {
      errors.push(invalid(`${at}.webhook`, "non-null", "may only be specified when type=Webhook"));
    }
  }
  return errors;
}

function typeErrors(type: string, at: string, seen: ReadonlySet<string>): FieldError[] {
  if (type === "") return [required(at)];
  if (!AUTHORIZER_TYPES.includes(type)) return [notSupported(at, type, AUTHORIZER_TYPES)];
  return seen.has(type) && type !== "Webhook" ? [duplicate(at, type)] : [];
}

function nameErrors(name: string, at: string, seen: ReadonlySet<string>): FieldError[] {
  if (name === "") return [required(at)];
  if (seen.has(name)) return [duplicate(at, name)];
  const wrong = dnsSubdomainErrors(name);
  return wrong.length === 0 ? [] : [invalid(at, name, `authorizer name is invalid: ${wrong.join(", ")}`)];
}

function webhookErrors(webhook: WebhookConfiguration, at: string): FieldError[] {
  return [
    ...timeoutErrors(webhook, at),
    ...ttlErrors(webhook.authorizedTTL, `${at}.authorizedTTL`),
    ...ttlErrors(webhook.unauthorizedTTL, `${at}.unauthorizedTTL`),
    ...oneOf(webhook.subjectAccessReviewVersion, ["v1", "v1beta1"], `${at}.subjectAccessReviewVersion`),
    ...conditionVersionErrors(webhook, at),
    ...oneOf(webhook.failurePolicy, ["NoOpinion", "Deny"], `${at}.failurePolicy`),
    ...connectionErrors(webhook.connectionInfo ?? {}, `${at}.connectionInfo`),
  ];
}

function timeoutErrors({ timeout = "" }: WebhookConfiguration, at: string): FieldError[] {
  if (timeout === "") return [required(`${at}.timeout`)];
  const milliseconds = parseDuration(timeout);
  if (milliseconds !== undefined && milliseconds > 0 && milliseconds <= MAX_TIMEOUT_MS) return [];
  return [invalid(`${at}.timeout`, timeout, "must be > 0s and <= 30s")];
}

/** Absent ones have a default. */
function ttlErrors(ttl: string | undefined, at: string): FieldError[] {
  if (ttl === undefined) return [];
  const milliseconds = parseDuration(ttl);
  return milliseconds !== undefined && milliseconds >= 0 ? [] : [invalid(at, ttl, "must be > 0s")];
}

function oneOf(value: string | undefined, allowed: readonly string[], at: string): FieldError[] {
  if (!value) return [required(at)];
  return allowed.includes(value) ? [] : [notSupported(at, value, allowed)];
}

function conditionVersionErrors(webhook: WebhookConfiguration, at: string): FieldError[] {
  const { matchConditionSubjectAccessReviewVersion: version = "", matchConditions = [] } = webhook;
  const field = `${at}.matchConditionSubjectAccessReviewVersion`;
  if (version === "") {
    return matchConditions.length === 0 ? [] : [required(field, "required if match conditions are specified")];
  }
  return version === "v1" ? [] : [notSupported(field, version, ["v1"])];
}

function connectionErrors(
  { type, kubeConfigFile }: NonNullable<WebhookConfiguration["connectionInfo"]>,
  at: string,
): FieldError[] {
  const wrong = oneOf(type, ["InClusterConfig", "KubeConfigFile"], `${at}.type`);
  if (wrong.length > 0) return wrong;
  const field = `${at}.kubeConfigFile`;
  if (type === "InClusterConfig") {
    const set =
      kubeConfigFile === undefined ? [] : [invalid(field, kubeConfigFile, "can only be set when type=KubeConfigFile")];
    return [
      ...set,
      invalid(`${at}.type`, type, "the API server does not run in a pod of the cluster: use KubeConfigFile"),
    ];
  }
  if (!kubeConfigFile) return [required(field)];
  if (!path.isAbsolute(kubeConfigFile)) return [invalid(field, kubeConfigFile, "must be an absolute path")];
  try {
    if (statSync(kubeConfigFile).isFile()) return [];
    return [invalid(field, kubeConfigFile, "must be a regular file")];
  } catch (error) {
    return [invalid(field, kubeConfigFile, `error loading file: ${errorMessage(error)}`)];
  }
}
