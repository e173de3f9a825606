import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { Event, Pod, PodSpec, Service } from "../../api/generated/core/v1.ts";
import { configMaps, events, namespaces, pods, services } from "../../api/generated/resources.ts";
import { StatusError } from "../../api/status.ts";
import { admissionBench } from "../testing/admission-bench.ts";
import { startMemoryServer } from "../testing/memory-server.ts";
import { startWebhookServer } from "../testing/webhook-server.ts";
import { alwaysPullImages } from "./always-pull-images.ts";
import { readAdmissionConfiguration } from "./configuration/read-configuration.ts";
import { denyServiceExternalIps } from "./deny-service-external-ips.ts";
import { eventRateLimit } from "./event-rate-limit.ts";
import { extendedResourceToleration } from "./extended-resource-toleration.ts";
import { imagePolicyWebhook } from "./image-policy-webhook.ts";
import { limitPodHardAntiAffinityTopology } from "./limit-pod-hard-anti-affinity-topology.ts";
import { ownerReferencesPermissionEnforcement } from "./owner-references-permission-enforcement.ts";
import { createAdmissionPlugins } from "./plugins.ts";
import { podNodeSelector } from "./pod-node-selector.ts";
import { podSecurity } from "./pod-security/pod-security.ts";
import { podTolerationRestriction } from "./pod-toleration-restriction.ts";

const pod = (spec: Partial<PodSpec> = {}): Pod => ({
  metadata: { name: "web", namespace: "shop" },
  spec: { containers: [{ name: "a", image: "one" }], ...spec },
});
const refused =
  (message: RegExp, code = 403) =>
  (error: unknown) => {
    assert.match((error as Error).message, message);
    return error instanceof StatusError && error.code === code;
  };

test("plugins are turned on and off by name", () => {
  const names = (options: object) => createAdmissionPlugins(admissionBench(), options).map(({ name }) => name);
  assert.ok(!names({}).includes("AlwaysPullImages"));
  const chosen = names({ enabled: ["AlwaysPullImages"], disabled: ["Priority"] });
  assert.ok(chosen.includes("AlwaysPullImages") && !chosen.includes("Priority"));
  assert.ok(chosen.indexOf("AlwaysPullImages") < chosen.indexOf("PodSecurity"));
  assert.throws(() => names({ enabled: ["Nonsense"] }), /plugin "Nonsense" is unknown/);
  assert.throws(() => names({ enabled: ["Priority"], disabled: ["Priority"] }), /overlapped/);
  assert.throws(() => names({ enabled: ["ImagePolicyWebhook"] }), /needs its configuration/);
});

test("NamespaceAutoProvision makes the namespace of what is created, and no other one", async () => {
  const server = await startMemoryServer({
    admission: (dependencies) => createAdmissionPlugins(dependencies, { enabled: ["NamespaceAutoProvision"] }),
  });
  try {
    const { client } = server;
    const into = (namespace: string) => ({ metadata: { name: "c", namespace } });
    await client.create(configMaps, into("new"), { dryRun: true }).catch(() => undefined);
    await assert.rejects(client.get(namespaces, { name: "new" }), /not found/);
    const made = await Promise.all([client.create(configMaps, into("new")), client.create(configMaps, into("newer"))]);
    assert.equal(made.length, 2);
    assert.equal((await client.get(namespaces, { name: "new" })).metadata?.name, "new");
    await assert.rejects(client.create(configMaps, into("No Name")), /configmaps "c" is forbidden: .*Invalid value/);
    await assert.rejects(client.delete(configMaps, { namespace: "newest", name: "c" }), /not found/);
    await assert.rejects(client.get(namespaces, { name: "newest" }), /not found/);
  } finally {
    await server.close();
  }
});

test("AlwaysPullImages", async () => {
  const bench = admissionBench();
  const made = await bench.run(alwaysPullImages, { resource: pods, object: pod() });
  assert.equal(made.spec?.containers[0]?.imagePullPolicy, "Always");
  const same = { resource: pods, operation: "UPDATE", object: pod(), oldObject: pod() } as const;
  assert.equal((await bench.run(alwaysPullImages, same)).spec?.containers[0]?.imagePullPolicy, undefined);
});

test("ExtendedResourceToleration", async () => {
  const requests = { "example.com/gpu": "1", cpu: "1" };
  const wanted = pod({ containers: [{ name: "a", resources: { requests } }] });
  const made = await admissionBench().run(extendedResourceToleration, { resource: pods, object: wanted });
  assert.deepEqual(made.spec?.tolerations, [{ key: "example.com/gpu", operator: "Exists" }]);
});

test("DenyServiceExternalIPs", async () => {
  const bench = admissionBench();
  const service = (...externalIPs: string[]): Service => ({ metadata: { name: "s" }, spec: { externalIPs } });
  await assert.rejects(
    bench.run(denyServiceExternalIps, { resource: services, object: service("192.0.2.1") }),
    refused(/Use of external IPs is denied by admission control$/),
  );
  const kept = { resource: services, operation: "UPDATE", object: service("192.0.2.1") } as const;
  await bench.run(denyServiceExternalIps, { ...kept, oldObject: service("192.0.2.1", "192.0.2.2") });
});

test("LimitPodHardAntiAffinityTopology", async () => {
  const off = (topologyKey: string) =>
    pod({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey }] } } });
  const bench = admissionBench();
  await bench.run(limitPodHardAntiAffinityTopology, { resource: pods, object: off("kubernetes.io/hostname") });
  await assert.rejects(
    bench.run(limitPodHardAntiAffinityTopology, { resource: pods, object: off("zone") }),
    refused(/has TopologyKey zone but only key kubernetes\.io\/hostname is allowed/),
  );
});

test("EventRateLimit", async () => {
  const bench = admissionBench();
  const plugin = eventRateLimit(bench, { limits: [{ type: "Namespace", qps: 1, burst: 2 }] });
  const event = (namespace: string): Event => ({ metadata: { name: "e", namespace }, involvedObject: {} });
  const send = (namespace: string) => bench.run(plugin, { resource: events, object: event(namespace) });
  await send("a");
  await send("a");
  await assert.rejects(send("a"), refused(/^Too many requests: limit reached on type Namespace for key a$/, 429));
  await send("b");
  await bench.clock.advance(1000);
  await send("a");
});

test("PodNodeSelector", async () => {
  const bench = admissionBench();
  const annotations = { "scheduler.alpha.kubernetes.io/node-selector": "disk=ssd" };
  bench.reader.put(namespaces, { metadata: { name: "shop", annotations } });
  const plugin = podNodeSelector(bench, { shop: "disk=ssd,zone=a" });
  const run = (nodeSelector: Record<string, string>) =>
    bench.run(plugin, { resource: pods, object: pod({ nodeSelector }) });
  assert.deepEqual((await run({ zone: "a" })).spec?.nodeSelector, { disk: "ssd", zone: "a" });
  await assert.rejects(run({ disk: "hdd" }), refused(/conflicts with its namespace node label selector$/));
  await assert.rejects(run({ zone: "b" }), refused(/conflict with its namespace whitelist$/));
});

test("PodTolerationRestriction", async () => {
  const bench = admissionBench();
  const annotations = {
    "scheduler.alpha.kubernetes.io/defaultTolerations": '[{"key":"a","operator":"Exists"}]',
    "scheduler.alpha.kubernetes.io/tolerationsWhitelist": '[{"key":"a","operator":"Exists"}]',
  };
  bench.reader.put(namespaces, { metadata: { name: "shop", annotations } });
  const plugin = podTolerationRestriction(bench);
  const made = await bench.run(plugin, { resource: pods, object: pod() });
  assert.deepEqual(made.spec?.tolerations, [{ key: "a", operator: "Exists" }]);
  await assert.rejects(
    bench.run(plugin, { resource: pods, object: pod({ tolerations: [{ key: "b", operator: "Exists" }] }) }),
    refused(/conflict with its namespace whitelist$/),
  );
});

test("OwnerReferencesPermissionEnforcement", async () => {
  const bench = admissionBench();
  const plugin = ownerReferencesPermissionEnforcement(bench);
  const owner = { apiVersion: "v1", kind: "Pod", name: "web", uid: "1" };
  const object = { metadata: { name: "c", namespace: "shop", ownerReferences: [owner] } };
  const oldObject = { metadata: { name: "c", namespace: "shop" } };
  await bench.run(plugin, { resource: configMaps, object });
  const update = { resource: configMaps, operation: "UPDATE", object, oldObject } as const;
  await assert.rejects(bench.run(plugin, update), refused(/cannot set an ownerRef on a resource you can't delete/));
  await bench.run(plugin, { ...update, user: { name: "x", groups: ["delete c"] } });
});

test("ImagePolicyWebhook asks once, remembers, and fails open or closed", async () => {
  const hook = await startWebhookServer(({ body }) => {
    const { spec } = body as { spec: { containers: { image: string }[] } };
    const allowed = spec.containers[0]?.image === "one";
    return { body: { kind: "ImageReview", status: allowed ? { allowed } : { allowed, reason: "not signed" } } };
  });
  const bench = admissionBench();
  const policy = {
    endpoint: { url: hook.url, authorities: hook.authorities },
    allowTtlSeconds: 60,
    denyTtlSeconds: 0,
    retryBackoffMs: 1,
    defaultAllow: false,
  };
  const plugin = imagePolicyWebhook(bench, policy);
  await bench.run(plugin, { resource: pods, object: pod() });
  await bench.run(plugin, { resource: pods, object: pod() });
  assert.equal(hook.calls.length, 1);
  await assert.rejects(
    bench.run(plugin, { resource: pods, object: pod({ containers: [{ name: "a", image: "two" }] }) }),
    refused(/image policy webhook backend denied one or more images: not signed$/),
  );
  hook.respond = () => ({ code: 403, body: "" });
  const other = { resource: pods, object: pod({ containers: [{ name: "a", image: "three" }] }) };
  await assert.rejects(bench.run(plugin, other), refused(/unknown/));
  await bench.run(imagePolicyWebhook(bench, { ...policy, defaultAllow: true }), other);
  assert.equal(bench.annotations["imagepolicywebhook.image-policy.k8s.io/failed-open"], "true");
  await bench.webhooks.close();
  await hook.close();
});

test("PodSecurity: defaults, exemptions, audit, and what a stricter level would mean", async () => {
  const bench = admissionBench();
  const privileged = pod({ hostNetwork: true });
  bench.reader.put(namespaces, { metadata: { name: "shop" } });
  const exemptions = { usernames: ["root"], runtimeClasses: [], namespaces: [] };
  const plugin = podSecurity(bench, { defaults: { enforce: "baseline", audit: "restricted" }, exemptions });
  await assert.rejects(
    bench.run(plugin, { resource: pods, object: privileged }),
    refused(/violates PodSecurity "baseline:latest"/),
  );
  assert.match(
    bench.annotations["pod-security.kubernetes.io/audit-violations"] ?? "",
    /^would violate PodSecurity "restricted:latest"/,
  );
  await bench.run(plugin, { resource: pods, object: privileged, user: { name: "root", groups: [] } });
  assert.equal(bench.annotations["pod-security.kubernetes.io/exempt"], "user");
  bench.reader.put(pods, { ...privileged, metadata: { name: "old", namespace: "shop", uid: "1" } });
  const namespace = (level: string) => ({
    metadata: { name: "shop", labels: { "pod-security.kubernetes.io/enforce": level } },
  });
  const object = namespace("restricted");
  await bench.run(plugin, { resource: namespaces, operation: "UPDATE", object, oldObject: namespace("privileged") });
  assert.equal(
    bench.warnings[0],
    'existing pods in namespace "shop" violate the new PodSecurity enforce level "restricted:latest"',
  );
  assert.match(bench.warnings[1] ?? "", /^old: .*host namespaces/);
});

test("an AdmissionConfiguration is read with the files that it names", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "admission-"));
  try {
    const file = path.join(folder, "config.yaml");
    await writeFile(path.join(folder, "events.yaml"), "limits: [{type: Server, qps: 5, burst: 10}]\n");
    const security = {
      apiVersion: "pod-security.admission.config.k8s.io/v1",
      kind: "PodSecurityConfiguration",
      defaults: { enforce: "baseline", "enforce-version": "latest" },
      exemptions: { namespaces: ["kube-system"] },
    };
    const plugins: object[] = [
      { name: "EventRateLimit", path: "events.yaml" },
      { name: "PodSecurity", configuration: security },
    ];
    const write = (): Promise<void> =>
      writeFile(
        file,
        JSON.stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AdmissionConfiguration", plugins }),
      );
    await write();
    const read = await readAdmissionConfiguration(file);
    assert.deepEqual(read.eventRateLimit, { limits: [{ type: "Server", qps: 5, burst: 10 }] });
    assert.deepEqual(read.podSecurity?.exemptions.namespaces, ["kube-system"]);
    security.defaults.enforce = "nonsense";
    await write();
    await assert.rejects(readAdmissionConfiguration(file), /PodSecurity: defaults\.enforce: Invalid value: "nonsense"/);
    security.defaults.enforce = "baseline";
    const limitedResources: object[] = [
      { resource: "pods", matchScopes: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }] },
    ];
    plugins.push({ name: "ResourceQuota", configuration: { limitedResources } } as never);
    await write();
    assert.deepEqual((await readAdmissionConfiguration(file)).resourceQuota, { limitedResources });
    limitedResources.push({ resource: "pods", matchScopes: [{ scopeName: "Size", operator: "In" }] });
    await write();
    await assert.rejects(
      readAdmissionConfiguration(file),
      /ResourceQuota: limitedResources\[1\]\.matchScopes\.scopeName: Unsupported value: "Size"/,
    );
    plugins.pop();
    const kubeConfigFile = path.join(path.dirname(file), "webhooks");
    const users = [
      { name: "*", user: { token: "anybody" } },
      { name: "*.svc", user: { token: "services" } },
    ];
    await writeFile(kubeConfigFile, JSON.stringify({ apiVersion: "v1", kind: "Config", users }));
    const kind = { apiVersion: "apiserver.config.k8s.io/v1", kind: "WebhookAdmissionConfiguration" };
    plugins.push({ name: "ValidatingAdmissionWebhook", configuration: { ...kind, kubeConfigFile } } as never);
    await write();
    const { validatingWebhooks, mutatingWebhooks } = await readAdmissionConfiguration(file);
    assert.deepEqual(validatingWebhooks?.byName.get("*.svc"), { bearerToken: "services" });
    assert.equal(mutatingWebhooks, undefined);
    plugins.pop();
    plugins.push({ name: "MutatingAdmissionWebhook", configuration: { ...kind, kubeConfigFile: "x" } } as never);
    await write();
    await assert.rejects(
      readAdmissionConfiguration(file),
      /MutatingAdmissionWebhook: kubeConfigFile: Invalid value: "x": must be an absolute file path/,
    );
    plugins.pop();
    plugins.push({ name: "Nothing" });
    plugins.splice(1, 1);
    await write();
    await assert.rejects(readAdmissionConfiguration(file), /no plugin "Nothing"/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
