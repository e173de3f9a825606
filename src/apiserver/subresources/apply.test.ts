import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { CertificateSigningRequest } from "../../api/generated/certificates.k8s.io/v1.ts";
import type { Namespace, Pod } from "../../api/generated/core/v1.ts";
import { certificateSigningRequests, deployments, namespaces, pods } from "../../api/generated/resources.ts";
import type { AnyObject } from "../../api/meta.ts";
import { createTestRequest } from "../../base/testing/certificates.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";

let server: MemoryServer;
before(async () => {
  server = await startMemoryServer();
  await server.client.create(namespaces, { metadata: { name: "default" } } as never);
});
after(() => server.close());

const labels = { app: "web" };
const containers = [
  {
    name: "web",
    image: "web:1",
    resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "200m", memory: "64Mi" } },
  },
];

const at = (name: string) => ({ namespace: "default", name });
const managers = ({ metadata }: AnyObject, subresource = "") =>
  (metadata?.managedFields ?? [])
    .filter((entry) => (entry.subresource ?? "") === subresource)
    .map(({ manager, operation, apiVersion, fieldsV1 }) => ({ manager, operation, apiVersion, fieldsV1 }));

async function applyScale(name: string, replicas: number, more: { fieldManager: string; force?: boolean }) {
  const body = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name }, spec: { replicas } };
  const patch = { type: "apply", subresource: "scale", body, ...more } as const;
  return (await server.client.patch(deployments, at(name), patch)) as AnyObject;
}

test("a Scale is applied: who applies it owns the replicas of the workload", async () => {
  const { client } = server;
  const template = { metadata: { labels }, spec: { containers } };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template };
  const body = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec };
  await client.patch(deployments, at("web"), { type: "apply", body, fieldManager: "owner" });
  await assert.rejects(applyScale("web", 3, { fieldManager: "scaler" }), {
    code: 409,
    message: 'Apply failed with 1 conflict: conflict with "owner": .spec.replicas',
  });
  const scale = await applyScale("web", 3, { fieldManager: "scaler", force: true });
  assert.equal(scale.kind, "Scale");
  assert.deepEqual((scale as { spec?: unknown }).spec, { replicas: 3 });
  const scaled = (await client.get(deployments, at("web"))) as AnyObject;
  assert.deepEqual(managers(scaled, "scale"), [
    {
      manager: "scaler",
      operation: "Apply",
      apiVersion: "apps/v1",
      fieldsV1: { "f:spec": { "f:replicas": {} } },
    },
  ]);
  const [owner] = managers(scaled);
  assert.equal("f:replicas" in (owner!.fieldsV1 as { "f:spec": object })["f:spec"], false);
  const entry = scaled.metadata?.managedFields?.find(({ subresource }) => subresource === "scale");
  assert.equal(entry?.time, undefined, "upstream does not note when somebody scaled");
  // The same again changes nothing; another value by the same manager is no conflict.
  await applyScale("web", 3, { fieldManager: "scaler" });
  assert.equal((await client.get(deployments, at("web"))).metadata?.resourceVersion, scaled.metadata?.resourceVersion);
  await applyScale("web", 4, { fieldManager: "scaler" });
  assert.equal((await client.get(deployments, at("web"))).spec?.replicas, 4);
});

test("an applied Scale is refused when it is none, or has unknown fields", async () => {
  const send = (body: object) =>
    server.client.patch(deployments, at("web"), { type: "apply", subresource: "scale", body, fieldManager: "scaler" });
  await assert.rejects(send({ apiVersion: "apps/v1", kind: "Deployment" }), { code: 400 });
  const scale = { apiVersion: "autoscaling/v1", kind: "Scale" };
  await assert.rejects(
    send({ ...scale, spec: { replicas: 1, other: 1 } }),
    /\.spec\.other: field not declared in schema/,
  );
  await assert.rejects(send({ ...scale, spec: { replicas: "1" } }), { code: 400 });
});

test("resources are applied through resize, and nothing else is", async () => {
  const { client } = server;
  await client.create<Pod>(pods, { metadata: at("resized"), spec: { containers } });
  const resources = { limits: { cpu: "300m" } };
  const body = {
    apiVersion: "v1",
    kind: "Pod",
    spec: { containers: [{ name: "web", image: "web:2", resources }], terminationGracePeriodSeconds: 7 },
  };
  const patch = { type: "apply", subresource: "resize", body, fieldManager: "resizer", force: true } as const;
  const pod = await client.patch<Pod>(pods, at("resized"), patch);
  assert.equal(pod.spec?.containers[0]?.resources?.limits?.cpu, "300m");
  assert.equal(pod.spec?.containers[0]?.image, "web:1");
  assert.deepEqual(managers(pod as AnyObject, "resize")[0]?.fieldsV1, {
    "f:spec": {
      "f:containers": { 'k:{"name":"web"}': { ".": {}, "f:name": {}, "f:resources": { "f:limits": { "f:cpu": {} } } } },
    },
  });
});

test("what a resize may not do", async () => {
  const { client } = server;
  await client.create<Pod>(pods, { metadata: at("fixed"), spec: { containers } });
  const resize = (resources: object, name = "web") =>
    client.patch<Pod>(pods, at("fixed"), {
      type: "strategic",
      subresource: "resize",
      body: { spec: { containers: [{ name, resources }] } },
    });
  const refusals: readonly [object, RegExp][] = [
    [{ limits: { memory: null } }, /resource limits cannot be removed/],
    [{ limits: { "ephemeral-storage": "1Gi" } }, /spec: Forbidden: only cpu and memory resources are mutable/],
    [
      { requests: { cpu: "200m" } },
      /spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing/,
    ],
    [{ requests: { cpu: "300m" } }, /must be less than or equal to cpu limit of 200m/],
  ];
  for (const [resources, message] of refusals) await assert.rejects(resize(resources), message);
  await assert.rejects(resize({}, "other"), /containers may not be added or removed on resize/);
  const loose = [{ name: "web", image: "web:1", resources: { requests: { cpu: "1", memory: "1Gi" } } }];
  await client.create<Pod>(pods, { metadata: at("loose"), spec: { containers: loose } });
  const body = { spec: { containers: [{ name: "web", resources: { requests: { cpu: null } } }] } };
  await assert.rejects(client.patch<Pod>(pods, at("loose"), { type: "strategic", subresource: "resize", body }), {
    message:
      'Pod "loose" is invalid: spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
  });
  const { metadata } = await resize({ limits: { cpu: "400m" } });
  assert.equal(metadata?.generation, 2);
});

test("ephemeral containers and approvals are applied through their subresources", async () => {
  const { client } = server;
  await client.create<Pod>(pods, { metadata: at("debugged"), spec: { containers } });
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    spec: { ephemeralContainers: [{ name: "debugger", image: "busybox" }] },
  };
  const debug = { type: "apply", subresource: "ephemeralcontainers", body: pod, fieldManager: "debugger" } as const;
  const { spec } = await client.patch<Pod>(pods, at("debugged"), debug);
  assert.equal(spec?.ephemeralContainers?.[0]?.name, "debugger");
  const request = Buffer.from(createTestRequest("jane"));
  await client.create<CertificateSigningRequest>(certificateSigningRequests, {
    metadata: { name: "asked" },
    spec: { request: request.toString("base64"), signerName: "example.com/signer", usages: ["client auth"] },
  });
  const conditions = [{ type: "Approved", status: "True", reason: "Known" }];
  const body = { apiVersion: "certificates.k8s.io/v1", kind: "CertificateSigningRequest", status: { conditions } };
  const approve = { type: "apply", subresource: "approval", body, fieldManager: "approver" } as const;
  const target = { name: "asked" };
  const approved = await client.patch<CertificateSigningRequest>(certificateSigningRequests, target, approve);
  assert.equal(approved.status?.conditions?.[0]?.type, "Approved");
  const deny = [{ op: "replace", path: "/status/conditions", value: [{ type: "Denied", status: "True" }] }];
  const denied = (subresource: string) =>
    client.patch(certificateSigningRequests, target, { type: "json", subresource, body: deny });
  await assert.rejects(denied("approval"), /updates may not remove a condition of type "Approved"/);
  await assert.rejects(denied("status"), /updates may not add a condition of type "Denied"/);
});

test("what approves or finalizes may say something in the metadata, what debugs may not", async () => {
  const { client } = server;
  const metadata = { annotations: { by: "us" }, labels: { tier: "web" } };
  const request = Buffer.from(createTestRequest("joe")).toString("base64");
  const spec = { request, signerName: "example.com/signer", usages: ["client auth"] };
  await client.create<CertificateSigningRequest>(certificateSigningRequests, { metadata: { name: "noted" }, spec });
  const body = { metadata, spec: { username: "root" }, status: { certificate: "eA==" } };
  const approve = { type: "merge", subresource: "approval", body } as const;
  const noted = await client.patch<CertificateSigningRequest>(certificateSigningRequests, { name: "noted" }, approve);
  assert.deepEqual([noted.metadata?.annotations, noted.metadata?.labels], [metadata.annotations, metadata.labels]);
  assert.deepEqual([noted.spec.username === "root", noted.status], [false, {}]);
  const made = await client.create<Namespace>(namespaces, { metadata: { name: "ended", finalizers: ["a.example/x"] } });
  const wanted = { ...made, metadata: { ...made.metadata, ...metadata, finalizers: [] } };
  const finalized = await client.update<Namespace>(namespaces, wanted, { subresource: "finalize" });
  assert.deepEqual(
    [finalized.metadata?.annotations, finalized.metadata?.finalizers],
    [metadata.annotations, undefined],
  );
  const debugged = await client.create<Pod>(pods, { metadata: at("unnoted"), spec: { containers } });
  const debug = { type: "merge", subresource: "ephemeralcontainers", body: { metadata } } as const;
  const pod = await client.patch<Pod>(pods, at("unnoted"), debug);
  assert.deepEqual(pod.metadata?.annotations, debugged.metadata?.annotations);
});

test("namespaces are finalized by PUT only", async () => {
  const path = "/api/v1/namespaces/default/finalize";
  await assert.rejects(server.client.transport.request({ method: "GET", path }), { code: 405 });
});
