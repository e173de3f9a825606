import { readFile } from "node:fs/promises";
import type { AuditLogSettings, AuditTruncation, AuditWebhookSettings } from "../../api/server-settings.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Metrics } from "../../base/metrics.ts";
import { readEndpoint } from "../outgoing/kubeconfig-endpoint.ts";
import type { WebhookClient } from "../outgoing/webhook-client.ts";
import { type AuditBackend, type Auditor, createAuditor, droppedCounter } from "./auditor.ts";
import { defaultAuditPolicy } from "./default-policy.ts";
import { logBackend } from "./log-backend.ts";
import { type AuditPolicy, AuditPolicyError, readPolicy } from "./policy.ts";
import { truncating } from "./truncate.ts";
import { webhookBackend } from "./webhook-backend.ts";

/** What the --audit-* flags say. */
export interface AuditSettings {
  /** The default policy when absent. */
  readonly policyFile?: string | undefined;
  readonly log?: AuditLogSettings | undefined;
  readonly webhook?: AuditWebhookSettings | undefined;
}

/** The numbers that the CIS benchmark asks for (1.2.17 to 1.2.19). */
export const auditLogDefaults: Omit<AuditLogSettings, "path"> = {
  format: "json",
  maxAgeDays: 30,
  maxBackups: 10,
  maxSizeMegabytes: 100,
};

/** Auditing as the settings want it; undefined when nothing takes events. @throws AuditPolicyError, KubeconfigEndpointError */
export async function createAudit(
  settings: AuditSettings,
  from: {
    readonly clock: Clock;
    readonly log: Logger;
    readonly metrics: Metrics;
    readonly webhooks: WebhookClient;
  },
): Promise<Auditor | undefined> {
  const { clock, log, metrics } = from;
  const policy = settings.policyFile === undefined ? defaultAuditPolicy : await policyOf(settings.policyFile);
  const dropped = droppedCounter(metrics);
  const backends: AuditBackend[] = [];
  const add = (backend: AuditBackend, truncate: AuditTruncation | undefined): void =>
    void backends.push(truncate === undefined ? backend : truncating(backend, truncate, dropped));
  if (settings.log !== undefined) add(logBackend({ ...settings.log, clock, log, dropped }), settings.log.truncate);
  if (settings.webhook !== undefined) {
    const { configFile, truncate, ...batch } = settings.webhook;
    const endpoint = await readEndpoint(configFile);
    const { maxBatchBytes } = truncate ?? {};
    const by = { endpoint, client: from.webhooks, clock, log, dropped, maxBatchBytes };
    add(webhookBackend({ ...batch, ...by }), truncate);
  }
  return backends.length === 0 ? undefined : createAuditor({ policy, backends, metrics });
}

async function policyOf(file: string): Promise<AuditPolicy> {
  const { load, CORE_SCHEMA } = await import("js-yaml");
  try {
    return readPolicy(load(await readFile(file, "utf8"), { schema: CORE_SCHEMA }));
  } catch (error) {
    throw new AuditPolicyError(`the audit policy file ${file} cannot be used: ${errorMessage(error)}`);
  }
}
