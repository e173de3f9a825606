import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { configMaps } from "../../api/generated/resources.ts";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { startMemoryServer } from "../testing/memory-server.ts";
import { writeWebhookKubeconfig } from "../testing/webhook-kubeconfig.ts";
import { startWebhookServer } from "../testing/webhook-server.ts";
import { type AuditSettings, auditLogDefaults, createAudit } from "./create-audit.ts";
import type { AuditEvent } from "./event.ts";
import { AuditPolicyError } from "./policy.ts";
import { defaultBatch } from "./webhook-backend.ts";

let directory: string;

before(() => {
  directory = mkdtempSync(join(tmpdir(), "wherry-audit-"));
});
after(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, text: string): string {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
}

const POLICY = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Request
  verbs: [create]
  resources: [{group: "", resources: [configmaps]}]
- level: None
`;

/** Creates a config map while audit is as the settings say. */
async function work(settings: AuditSettings): Promise<void> {
  const cluster = await startMemoryServer({
    audit: (webhooks) =>
      createAudit(settings, { clock: systemClock, log: silentLogger, metrics: new Metrics(), webhooks }),
  });
  await cluster.client.create(configMaps, { metadata: { name: "a", namespace: "default" }, data: { k: "v" } });
  await cluster.client.list(configMaps);
  await cluster.close();
}

test("a policy of somebody's own, into a file and to a webhook", async () => {
  const hook = await startWebhookServer(() => ({ body: {} }));
  const configFile = join(directory, "webhook.kubeconfig");
  writeWebhookKubeconfig(configFile, hook);
  const path = join(directory, "own.log");
  await work({
    policyFile: file("policy.yaml", POLICY),
    log: { ...auditLogDefaults, path },
    webhook: { ...defaultBatch, configFile },
  });
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  assert.equal(lines.length, 1);
  const written = JSON.parse(lines[0]!) as AuditEvent;
  assert.deepEqual([written.level, written.verb, written.responseStatus?.code], ["Request", "create", 201]);
  assert.deepEqual((written.requestObject as { data: object }).data, { k: "v" });
  assert.deepEqual(
    hook.calls.map(({ body, headers }) => [body, headers.authorization]),
    [[{ kind: "EventList", apiVersion: "audit.k8s.io/v1", metadata: {}, items: [written] }, "Bearer who-i-am"]],
  );
  await hook.close();
});

const broken: [what: string, text: string, problem: RegExp][] = [
  ["is no YAML", "rules: [", /policy file .*broken\.yaml cannot be used/],
  ["is none", "kind: Pod\napiVersion: v1\n", /must be of kind Policy in audit\.k8s\.io\/v1, not Pod in v1/],
  ["misspells a field", POLICY.replace("verbs", "verb"), /unknown field "rules\[0\]\.verb"/],
];

for (const [what, text, problem] of broken) {
  test(`a policy file that ${what} keeps the server from starting`, async () => {
    const error = await work({ policyFile: file("broken.yaml", text), log: { ...auditLogDefaults, path: "-" } }).catch(
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof AuditPolicyError);
    assert.match(error.message, problem);
  });
}

test("a policy file that is not there says so", async () => {
  await assert.rejects(work({ policyFile: join(directory, "none.yaml"), log: { ...auditLogDefaults, path: "-" } }), {
    message: /none\.yaml cannot be used: ENOENT/,
  });
});
