import { join } from "node:path";
import type { Auditor } from "../apiserver/audit/auditor.ts";
import { type AuditSettings, auditLogDefaults, createAudit } from "../apiserver/audit/create-audit.ts";
import type { WebhookClient } from "../apiserver/outgoing/webhook-client.ts";
import type { Environment } from "./environment.ts";

/** Auditing as the flags want it; without any, into a file of the data directory. */
export function auditOf(
  dataDirectory: string,
  settings: AuditSettings | undefined,
  { clock, log, metrics }: Environment,
): (webhooks: WebhookClient) => Promise<Auditor | undefined> {
  const path = join(dataDirectory, "audit", "audit.log");
  const wanted: AuditSettings = settings ?? {};
  return (webhooks) =>
    createAudit(
      { ...wanted, log: wanted.log ?? { path, ...auditLogDefaults } },
      { clock, log: log.named("audit"), metrics, webhooks },
    );
}
