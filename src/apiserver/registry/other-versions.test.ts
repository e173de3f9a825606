import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { horizontalPodAutoscalers, namespaces, resourceClaims } from "../../api/generated/resources.ts";
import { type AnyObject, apiVersionOf, type ResourceReference } from "../../api/meta.ts";
import { loadSchema } from "../../api/schema-data.ts";
import { type MemoryServer, startMemoryServer } from "../testing/memory-server.ts";
import { otherVersions } from "./other-versions.ts";

let server: MemoryServer;
before(async () => {
  server = await startMemoryServer();
  await server.client.create(namespaces, { metadata: { name: "default" } } as never);
});
after(() => server.close());

const at = (name: string) => ({ namespace: "default", name });
const inVersion = (reference: ResourceReference<never>, version: string) =>
  ({ ...reference, version }) as ResourceReference<AnyObject>;
const hpa = (version: string) => inVersion(horizontalPodAutoscalers as ResourceReference<never>, version);
const claims = (version: string) => inVersion(resourceClaims as ResourceReference<never>, version);

async function apply(
  resource: ResourceReference<AnyObject>,
  name: string,
  more: { spec: object; fieldManager: string; force?: boolean },
): Promise<AnyObject> {
  const { spec, ...options } = more;
  const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { name }, spec };
  return server.client.patch(resource, at(name), { type: "apply", body, ...options });
}

const fieldsOf = ({ metadata }: AnyObject, manager: string) =>
  (metadata?.managedFields ?? []).find((entry) => entry.manager === manager)?.fieldsV1 as
    | { "f:spec": Record<string, unknown> }
    | undefined;

const target = { scaleTargetRef: { kind: "Deployment", name: "web", apiVersion: "apps/v1" } };
const cpu = (averageUtilization: number) => [
  { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization } } },
];

test("who owns a field in one version is told of changes that are made in the other", async () => {
  await apply(hpa("v2"), "web", { spec: { ...target, maxReplicas: 5, metrics: cpu(60) }, fieldManager: "owner" });
  const change = { spec: { ...target, maxReplicas: 5, targetCPUUtilizationPercentage: 70 }, fieldManager: "other" };
  await assert.rejects(apply(hpa("v1"), "web", change), {
    code: 409,
    message: 'Apply failed with 1 conflict: conflict with "owner": .spec.metrics',
  });
  const changed = await apply(hpa("v1"), "web", { ...change, force: true });
  assert.equal("f:metrics" in fieldsOf(changed, "owner")!["f:spec"], false);
  assert.equal("f:maxReplicas" in fieldsOf(changed, "owner")!["f:spec"], true);
  assert.equal("f:targetCPUUtilizationPercentage" in fieldsOf(changed, "other")!["f:spec"], true);
  // Back the other way: an update of the new version takes the field of the old one.
  const body = { spec: { metrics: cpu(80) } };
  const updated = await server.client.patch(hpa("v2"), at("web"), { type: "merge", body });
  assert.equal("f:targetCPUUtilizationPercentage" in fieldsOf(updated, "other")!["f:spec"], false);
  assert.equal("f:maxReplicas" in fieldsOf(updated, "other")!["f:spec"], true);
});

test("what an applier no longer says goes, whatever version it said it in", async () => {
  const request = (name: string) => ({ name, deviceClassName: "gpu.example.com" });
  const exact = (name: string) => ({ name, exactly: { deviceClassName: "gpu.example.com" } });
  const devices = (...requests: object[]) => ({ devices: { requests } });
  const spec = { ...target, minReplicas: 2, maxReplicas: 5 };
  await apply(hpa("v1"), "moved", { spec, fieldManager: "owner" });
  const moved = await apply(hpa("v2"), "moved", { spec: { ...target, maxReplicas: 5 }, fieldManager: "owner" });
  assert.equal((moved.spec as { minReplicas: number }).minReplicas, 1);
  assert.equal(moved.metadata?.managedFields?.length, 1);
  assert.equal(moved.metadata?.managedFields?.[0]?.apiVersion, "autoscaling/v2");
  // The spec of a claim never changes: the same in another version is the same.
  await apply(claims("v1beta1"), "gpu", { spec: devices(request("a")), fieldManager: "owner" });
  const same = await apply(claims("v1"), "gpu", { spec: devices(exact("a")), fieldManager: "owner" });
  assert.equal(same.metadata?.managedFields?.length, 1);
  await assert.rejects(apply(claims("v1"), "gpu", { spec: devices(exact("b")), fieldManager: "owner" }), { code: 422 });
});

test("only versions of another shape are converted for comparing", () => {
  const schema = loadSchema();
  const others = (group: string, version: string, resource: string) => {
    const own = schema.resources.find(
      (each) => each.group === group && each.version === version && each.resource === resource,
    );
    return [...otherVersions(own!, schema).keys()];
  };
  assert.deepEqual(others("autoscaling", "v2", "horizontalpodautoscalers"), ["autoscaling/v1"]);
  assert.deepEqual(others("", "v1", "events"), ["events.k8s.io/v1"]);
  assert.deepEqual(others("resource.k8s.io", "v1", "resourceclaims"), ["resource.k8s.io/v1beta1"]);
  assert.deepEqual(others("networking.k8s.io", "v1", "ipaddresses"), []);
  assert.deepEqual(others("apps", "v1", "deployments"), []);
});
