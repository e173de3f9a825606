import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import type { CertificateSigningRequest } from "../../api/generated/certificates.k8s.io/v1.ts";
import { certificateSigningRequests, deployments, namespaces, pods } from "../../api/generated/resources.ts";
import type { AnyObject } from "../../api/meta.ts";
import { Metrics } from "../../base/metrics.ts";
import { createTestAuthority, createTestRequest } from "../../base/testing/certificates.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { podSecurity } from "../admission/pod-security/pod-security.ts";
import { createEncryption } from "../encryption/encryption.ts";
import { resourceKeys } from "../encryption/resource-keys.ts";
import type { ValueTransformer } from "../encryption/transformer.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { openTlsDoor, type TlsDoor } from "../testing/tls-door.ts";
import { writeWebhookKubeconfig } from "../testing/webhook-kubeconfig.ts";
import { startWebhookServer, type WebhookServer } from "../testing/webhook-server.ts";
import { measuredEncryption } from "./transformation-metrics.ts";

const directory = mkdtempSync(join(tmpdir(), "wherry-decided-"));
const configurationFile = join(directory, "authorization.json");
const authority = createTestAuthority();
let hook: WebhookServer;
let memory: MemoryServer;
let door: TlsDoor;

const configuration = (more: object = {}) =>
  JSON.stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthorizationConfiguration",
    authorizers: [
      {
        type: "Webhook",
        name: "hook.example.com",
        webhook: {
          timeout: "3s",
          subjectAccessReviewVersion: "v1",
          matchConditionSubjectAccessReviewVersion: "v1",
          failurePolicy: "NoOpinion",
          authorizedTTL: "1s",
          unauthorizedTTL: "1s",
          connectionInfo: { type: "KubeConfigFile", kubeConfigFile: join(directory, "kubeconfig") },
          ...more,
        },
      },
      { type: "RBAC", name: "rbac" },
    ],
  });

before(async () => {
  hook = await startWebhookServer(() => ({ body: { status: { allowed: true } } }));
  writeWebhookKubeconfig(join(directory, "kubeconfig"), hook);
  writeFileSync(configurationFile, configuration());
  memory = await startMemoryServer({
    admission: (dependencies) => [podSecurity(dependencies)],
    security: {
      clientAuthority: () => authority.ca,
      serverName: "boat",
      authorization: { configurationFile },
      staticTokens: [{ token: "of-jo", user: { name: "jo", groups: ["dev"] } }],
    },
  });
  door = await openTlsDoor(memory, authority);
});
after(async () => {
  await door.close();
  await memory.close();
  await hook.close();
  rmSync(directory, { recursive: true });
});

async function get(path: string, more: Record<string, string> = {}): Promise<number | undefined> {
  const headers = { authorization: "Bearer of-jo", ...more };
  const [answer] = (await once(
    request({ host: "127.0.0.1", port: door.port, path, headers, rejectUnauthorized: false }).end(),
    "response",
  )) as [IncomingMessage];
  await text(answer);
  return answer.statusCode;
}

const scrape = (): Promise<string> =>
  memory.server
    .transport({ user: { name: "admin", groups: ["system:masters"] }, userAgent: "test" })
    .text({ method: "GET", path: "/metrics" });

/** Counters that begin so, without their comments, buckets and sums. */
async function counted(prefix: string): Promise<string[]> {
  const lines = (await scrape()).split("\n").filter((line) => line.startsWith(prefix));
  return lines.filter((line) => !/_bucket\{|_sum\{/.test(line));
}

test("authorization webhooks: how often they were asked and how that ended", async () => {
  assert.equal(await get("/api/v1/namespaces"), 200);
  // Remembered: nobody was asked.
  assert.equal(await get("/api/v1/namespaces"), 200);
  hook.respond = () => ({ code: 403, body: "no" });
  assert.equal(await get("/api/v1/nodes"), 403);
  hook.respond = () => ({ body: { status: { allowed: true } } });
  const labels = (result: string): string => `{name="hook.example.com",result="${result}"}`;
  assert.deepEqual(await counted("apiserver_authorization_webhook_"), [
    `apiserver_authorization_webhook_duration_seconds_count${labels("success")} 1`,
    `apiserver_authorization_webhook_duration_seconds_count${labels("error")} 1`,
    `apiserver_authorization_webhook_evaluations_fail_open_total${labels("error")} 1`,
    `apiserver_authorization_webhook_evaluations_total${labels("success")} 1`,
    `apiserver_authorization_webhook_evaluations_total${labels("error")} 1`,
  ]);
  assert.match(await scrape(), /^# HELP apiserver_authorization_webhook_evaluations_total \[ALPHA\] Round-trips/m);
});

test("a configuration that was read again, or could not be", async () => {
  const prefix = "apiserver_authorization_config_controller_";
  assert.deepEqual(await counted(prefix), []);
  const seen = async (pattern: RegExp) => {
    for (let tries = 0; tries < 100; tries++) {
      await memory.clock.advance(5000);
      const lines = await counted(prefix);
      if (lines.some((line) => pattern.test(line))) return lines;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return counted(prefix);
  };
  writeFileSync(configurationFile, configuration({ timeout: "4s" }));
  const lines = await seen(/status="success"/);
  assert.equal(lines.length, 3, lines.join("\n"));
  const [timestamp, total, info] = lines;
  assert.match(
    timestamp!,
    /automatic_reload_last_timestamp_seconds\{apiserver_id_hash="sha256:[0-9a-f]{64}",status="success"\} 17\d{8}/,
  );
  assert.match(total!, /automatic_reloads_total\{apiserver_id_hash="sha256:[0-9a-f]{64}",status="success"\} 1$/);
  assert.match(info!, /last_config_info\{apiserver_id_hash="sha256:[0-9a-f]{64}",hash="sha256:[0-9a-f]{64}"\} 1$/);
  assert.match(
    await scrape(),
    /^# HELP \S+automatic_reloads_total \[BETA\] Total number of automatic reloads of authorization/m,
  );
  writeFileSync(configurationFile, "{");
  const failed = await seen(/status="failure"/);
  assert.ok(
    failed.some((line) => /automatic_reloads_total\{.*status="failure"\} 1$/.test(line)),
    failed.join("\n"),
  );
  assert.ok(failed.includes(info!), "what is in use is what was");
});

test("who acts as somebody else, by which right", async () => {
  hook.respond = ({ body }) => {
    const { spec } = body as { spec: { resourceAttributes?: { verb: string; resource: string } } };
    const { verb = "" } = spec.resourceAttributes ?? {};
    return { body: { status: { allowed: !verb.startsWith("impersonate-on") && !verb.startsWith("impersonate:") } } };
  };
  assert.equal(await get("/api/v1/pods", { "impersonate-user": "jane" }), 200);
  hook.respond = () => ({ body: { status: { allowed: false } } });
  await memory.clock.advance(2000);
  assert.equal(await get("/api/v1/pods", { "impersonate-user": "joan" }), 403);
  const lines = await counted("apiserver_impersonation_");
  for (const expected of [
    'apiserver_impersonation_attempts_total{mode="legacy",decision="allowed"} 1',
    'apiserver_impersonation_attempts_total{mode="",decision="denied"} 1',
    'apiserver_impersonation_attempts_duration_seconds_count{mode="legacy",decision="allowed"} 1',
    'apiserver_impersonation_authorization_attempts_total{mode="user-info",decision="denied"} 2',
    'apiserver_impersonation_authorization_attempts_total{mode="legacy",decision="allowed"} 1',
    'apiserver_impersonation_authorization_attempts_total{mode="legacy",decision="denied"} 1',
  ]) {
    assert.ok(lines.includes(expected), `${expected} in\n${lines.join("\n")}`);
  }
});

test("what Pod Security judged", async () => {
  const { client } = memory;
  const labels = {
    "pod-security.kubernetes.io/enforce": "baseline",
    "pod-security.kubernetes.io/enforce-version": "v1.30",
    "pod-security.kubernetes.io/warn": "restricted",
  };
  await client.create(namespaces, { metadata: { name: "judged", labels } });
  await client.create(namespaces, { metadata: { name: "open" } });
  const spec = { containers: [{ name: "c", image: "i" }] };
  const pod = (name: string, namespace: string, more: object = {}) =>
    ({ metadata: { name, namespace }, spec: { ...spec, ...more } }) as never;
  await client.create(pods, pod("free", "open"));
  await client.create(pods, pod("good", "judged"));
  await assert.rejects(client.create(pods, pod("bad", "judged", { hostNetwork: true })));
  const template = { metadata: { labels: { a: "b" } }, spec };
  const deployment = { replicas: 0, selector: { matchLabels: { a: "b" } }, template };
  await client.create(deployments, { metadata: { name: "d", namespace: "judged" }, spec: deployment } as never);
  const line = (decision: string, of: { level: string; version: string; mode: string; resource: string }): string =>
    `pod_security_evaluations_total{decision="${decision}",policy_level="${of.level}",policy_version="${of.version}",mode="${of.mode}",request_operation="create",resource="${of.resource}",subresource=""} 1`;
  const enforced = { level: "baseline", version: "v1.30", mode: "enforce", resource: "pod" };
  const warned = { level: "restricted", version: "latest", mode: "warn" };
  assert.deepEqual(
    (await counted("pod_security_")).toSorted(),
    [
      line("allow", enforced),
      line("allow", { level: "privileged", version: "latest", mode: "enforce", resource: "pod" }),
      line("deny", enforced),
      line("deny", { ...warned, resource: "controller" }),
      line("deny", { ...warned, resource: "pod" }),
    ].toSorted(),
  );
});

test("whether signers give certificates for as long as was asked", async () => {
  const { client } = memory;
  const issued = authority.issue("jo").cert;
  const { validFrom, validTo } = new X509Certificate(issued);
  const lifetimeSeconds = (Date.parse(validTo) - Date.parse(validFrom)) / 1000;
  const sign = async (name: string, signerName: string, expirationSeconds: number) => {
    const spec = {
      request: Buffer.from(createTestRequest("jo")).toString("base64"),
      signerName,
      usages: ["client auth"],
      expirationSeconds,
    };
    await client.create(certificateSigningRequests, { metadata: { name }, spec } as never);
    const made = await client.get<CertificateSigningRequest>(certificateSigningRequests, { name });
    const approved = {
      ...made,
      status: { conditions: [{ type: "Approved", status: "True", reason: "r", message: "m" }] },
    } as unknown as AnyObject;
    const transport = memory.server.transport({ user: { name: "a", groups: ["system:masters"] }, userAgent: "test" });
    const path = `/apis/certificates.k8s.io/v1/certificatesigningrequests/${name}`;
    const after = (await transport.request({ method: "PUT", path: `${path}/approval`, body: approved })) as AnyObject;
    const certificate = Buffer.from(issued).toString("base64");
    const body = { ...after, status: { ...(after.status as object), certificate } };
    await transport.request({ method: "PUT", path: `${path}/status`, body });
    await transport.request({ method: "PUT", path: `${path}/status`, query: { dryRun: "All" }, body }).catch(() => {});
  };
  await sign("long", "kubernetes.io/kube-apiserver-client", Math.round(lifetimeSeconds / 2));
  await sign("right", "example.com/signer", lifetimeSeconds);
  assert.deepEqual(await counted("apiserver_certificates_registry_"), [
    'apiserver_certificates_registry_csr_honored_duration_total{signerName="other"} 1',
    'apiserver_certificates_registry_csr_requested_duration_total{signerName="kubernetes.io/kube-apiserver-client"} 1',
    'apiserver_certificates_registry_csr_requested_duration_total{signerName="other"} 1',
  ]);
});

test("what is encrypted and decrypted", async () => {
  const [metrics, clock] = [new Metrics(), new VirtualClock()];
  const transformer: ValueTransformer = {
    prefix: "k8s:enc:aesgcm:v1:key1:",
    writeIdentity: () => "key1",
    encrypt: (value) => Buffer.concat([Buffer.from("k8s:enc:aesgcm:v1:key1:"), value]),
    decrypt(stored) {
      if (stored.includes("bad")) throw new Error("no");
      return { value: stored, identity: "key1" };
    },
  };
  const keys = resourceKeys([{ group: "", resource: "secrets" }]);
  const transformers = new Map([["/secrets", [transformer]]]);
  const encryption = measuredEncryption(createEncryption(keys, transformers), {
    ...{ metrics, clock },
    resourceOf: (key) => keys.resourceOf(keys.prefixOf(key)).resource,
  });
  const key = "/registry/secrets/default/a";
  const stored = encryption.encrypt(Buffer.from("{}"), key);
  await encryption.decrypt(stored, key);
  await assert.rejects(async () => encryption.decrypt(Buffer.concat([stored, Buffer.from("bad")]), key));
  const lines = metrics
    .text()
    .split("\n")
    .filter((line) => line.includes("operations_total{"));
  const of = (type: string, prefix: string, status: string): string =>
    `apiserver_storage_transformation_operations_total{resource="secrets",transformation_type="${type}",transformer_prefix="${prefix}",status="${status}"} 1`;
  assert.deepEqual(
    lines.toSorted(),
    [
      of("from_storage", "k8s:enc:aesgcm:v1:", "OK"),
      of("from_storage", "k8s:enc:aesgcm:v1:", "unknown-non-grpc"),
      of("from_storage", "key1:", "OK"),
      of("from_storage", "key1:", "unknown-non-grpc"),
      of("to_storage", "k8s:enc:aesgcm:v1:", "OK"),
      of("to_storage", "key1:", "OK"),
    ].toSorted(),
  );
  assert.match(metrics.text(), /transformation_duration_seconds_bucket\{.*le="0.000005"\}/);
});
