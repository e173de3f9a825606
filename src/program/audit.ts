import { join } from "node:path";
import type { Auditor } from "../apiserver/audit/auditor.ts";
import { auditLogDefaults, createAudit } from "../apiserver/audit/create-audit.ts";
import type { WebhookClient } from "../apiserver/outgoing/webhook-client.ts";
import type { AuditChoice } from "../cli/choices.ts";
import type { Environment } from "./environment.ts";

/** Auditing as the flags want it; without any, into a file of the data directory. */
export function auditOf(
  dataDirectory: string,
  choice: AuditChoice | undefined,
  { clock, log, metrics }: Environment,
): (webhooks: WebhookClient) => Promise<Auditor | undefined> {
  const path = choice?.logPath ?? join(dataDirectory, "audit", "audit.log");
  const settings = {
    policyFile: choice?.policyFile,
    log: { path, ...(choice?.log ?? auditLogDefaults) },
    webhook: choice?.webhook,
  };
  return (webhooks) => createAudit(settings, { clock, log: log.named("audit"), metrics, webhooks });
}
