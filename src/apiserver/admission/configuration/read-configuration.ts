import { readFile } from "node:fs/promises";
import path from "node:path";
import type { LimitedResource } from "../../../api/quota/limited-resources.ts";
import { errorMessage } from "../../../base/assert.ts";
import { readEndpoint, readUsers } from "../../outgoing/kubeconfig-endpoint.ts";
import type { WebhookUsers } from "../../outgoing/webhook-users.ts";
import type { EventRateLimitConfiguration } from "../event-rate-limit.ts";
import type { ImagePolicyConfiguration } from "../image-policy-webhook.ts";
import { pluginTable } from "../plugin-table.ts";
import type { PodNodeSelectorConfiguration } from "../pod-node-selector.ts";
import type { PodTolerationRestrictionConfiguration } from "../pod-toleration-restriction.ts";
import type { ResourceQuotaConfiguration } from "../quota/resource-quota.ts";
import type { PluginConfigurations } from "./plugin-configurations.ts";
import { podSecurityConfiguration } from "./pod-security-file.ts";

/** The file of --admission-control-config-file, or one that it names, cannot be used. */
export class AdmissionConfigurationError extends Error {
  override name = "AdmissionConfigurationError";
}

type Fields = Record<string, unknown>;

const FLAG = "--admission-control-config-file";
const VERSIONS = ["apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1alpha1", "apiserver.k8s.io/v1alpha1"];
const LIMIT_TYPES = ["Server", "Namespace", "User", "SourceAndObject"];

/** Reads an AdmissionConfiguration and the files that it names, relative to its own folder. @throws AdmissionConfigurationError */
export async function readAdmissionConfiguration(file: string): Promise<PluginConfigurations> {
  const root = await load(file);
  if (root.kind !== "AdmissionConfiguration" || !VERSIONS.includes(String(root.apiVersion))) {
    throw wrong(file, `it must be an AdmissionConfiguration of ${VERSIONS[0]}`);
  }
  const found: Record<string, unknown> = {};
  for (const [index, plugin] of listOf(root.plugins).entries()) {
    const name = String(plugin.name ?? "");
    if (!pluginTable.some((each) => each.name === name)) throw wrong(file, `plugins[${index}]: no plugin "${name}"`);
    const named = typeof plugin.path === "string" && plugin.path !== "";
    const place = named ? path.resolve(path.dirname(file), String(plugin.path)) : file;
    const configuration = named ? await load(place) : (plugin.configuration as Fields | undefined);
    const read = READERS[name];
    if (read === undefined || configuration === undefined || configuration === null) continue;
    try {
      Object.assign(found, await read(configuration, place));
    } catch (error) {
      throw wrong(place, `plugin ${name}: ${errorMessage(error)}`, error);
    }
  }
  return found;
}

type Read = (configuration: Fields, file: string) => PluginConfigurations | Promise<PluginConfigurations>;

const READERS: Readonly<Record<string, Read>> = {
  EventRateLimit: (configuration) => ({ eventRateLimit: eventLimits(configuration) }),
  ImagePolicyWebhook: async (configuration, file) => ({ imagePolicy: await imagePolicy(configuration, file) }),
  PodNodeSelector: ({ podNodeSelectorPluginConfig: selectors }) => ({
    podNodeSelector: (selectors ?? {}) as PodNodeSelectorConfiguration,
  }),
  PodSecurity: (configuration) => ({ podSecurity: podSecurityConfiguration(configuration) }),
  PodTolerationRestriction: (configuration) => ({
    podTolerationRestriction: configuration as PodTolerationRestrictionConfiguration,
  }),
  ResourceQuota: (configuration) => ({ resourceQuota: quotaConfiguration(configuration) }),
  MutatingAdmissionWebhook: async (configuration) => ({ mutatingWebhooks: await webhookUsers(configuration) }),
  ValidatingAdmissionWebhook: async (configuration) => ({ validatingWebhooks: await webhookUsers(configuration) }),
};

/** As whom webhooks are called (WebhookAdmissionConfiguration). */
async function webhookUsers({ kubeConfigFile }: Fields): Promise<WebhookUsers> {
  if (typeof kubeConfigFile !== "string" || kubeConfigFile === "") return { byName: new Map(), current: undefined };
  if (!path.isAbsolute(kubeConfigFile)) {
    throw new Error(`kubeConfigFile: Invalid value: ${JSON.stringify(kubeConfigFile)}: must be an absolute file path`);
  }
  return await readUsers(kubeConfigFile);
}

const QUOTA_SCOPES = [
  "Terminating",
  "NotTerminating",
  "BestEffort",
  "NotBestEffort",
  "PriorityClass",
  "CrossNamespacePodAffinity",
  "VolumeAttributesClass",
];
const SCOPE_OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"];

function quotaConfiguration({ limitedResources }: Fields): ResourceQuotaConfiguration {
  const limited = listOf(limitedResources);
  limited.forEach(({ resource, matchScopes }, index) => {
    const field = `limitedResources[${index}]`;
    if (typeof resource !== "string" || resource === "") throw new Error(`${field}.resource: Required value`);
    for (const { scopeName, operator } of listOf(matchScopes)) {
      const wrongName = QUOTA_SCOPES.includes(String(scopeName))
        ? undefined
        : `scopeName: Unsupported value: "${scopeName}"`;
      const wrongOperator = SCOPE_OPERATORS.includes(String(operator))
        ? undefined
        : `operator: Invalid value: "${operator}"`;
      const problem = wrongName ?? wrongOperator;
      if (problem !== undefined) throw new Error(`${field}.matchScopes.${problem}`);
    }
  });
  return { limitedResources: limited as unknown as readonly LimitedResource[] };
}

function eventLimits(configuration: Fields): EventRateLimitConfiguration {
  const limits = listOf(configuration.limits);
  if (limits.length === 0) throw new Error("limits: Required value: must not be empty");
  limits.forEach(({ type, qps, burst }, index) => {
    const field = `limits[${index}]`;
    if (!LIMIT_TYPES.includes(String(type))) {
      throw new Error(
        `${field}.type: Unsupported value: ${JSON.stringify(type)}: supported values: ${LIMIT_TYPES.join(", ")}`,
      );
    }
    if (typeof qps !== "number" || qps <= 0) throw new Error(`${field}.qps: Invalid value: must be positive`);
    if (typeof burst !== "number" || burst <= 0) throw new Error(`${field}.burst: Invalid value: must be positive`);
  });
  return { limits: limits as unknown as EventRateLimitConfiguration["limits"] };
}

/** Times are seconds, and milliseconds for the retry; 0 is the default, negative is none. */
async function imagePolicy(configuration: Fields, file: string): Promise<ImagePolicyConfiguration> {
  const { imagePolicy: policy } = configuration as { imagePolicy?: Fields };
  const { kubeConfigFile, allowTTL = 0, denyTTL = 0, retryBackoff = 0, defaultAllow = false } = policy ?? {};
  if (typeof kubeConfigFile !== "string" || kubeConfigFile === "") {
    throw new Error("imagePolicy.kubeConfigFile: Required value");
  }
  const bounded = (name: string, value: unknown, of: { fallback: number; most: number }): number => {
    if (value === 0) return of.fallback;
    if (typeof value !== "number" || value > of.most)
      throw new Error(`imagePolicy.${name}: must be at most ${of.most}`);
    return Math.max(0, value);
  };
  return {
    endpoint: await readEndpoint(path.resolve(path.dirname(file), kubeConfigFile)),
    allowTtlSeconds: bounded("allowTTL", allowTTL, { fallback: 300, most: 1800 }),
    denyTtlSeconds: bounded("denyTTL", denyTTL, { fallback: 30, most: 1800 }),
    retryBackoffMs: bounded("retryBackoff", retryBackoff, { fallback: 500, most: 300_000 }),
    defaultAllow: defaultAllow === true,
  };
}

async function load(file: string): Promise<Fields> {
  const yaml = await import("js-yaml");
  let value: unknown;
  try {
    value = yaml.load(await readFile(file, "utf8"));
  } catch (error) {
    throw wrong(file, errorMessage(error), error);
  }
  if (typeof value !== "object" || value === null) throw wrong(file, "it is empty");
  return value as Fields;
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter((each): each is Fields => typeof each === "object" && each !== null) : [];
}

function wrong(file: string, why: string, cause?: unknown): AdmissionConfigurationError {
  return new AdmissionConfigurationError(`${FLAG}: ${file}: ${why}`, { cause });
}
