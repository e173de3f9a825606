import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, ResourceQuota, Service } from "../generated/core/v1.ts";
import { formatQuantity } from "../quantity.ts";
import { quotaUsage, quotaUse, resourceOfQuotaName } from "./usage.ts";

const quota = (hard: string[], of: { scopes?: string[]; priority?: [string, string[]] } = {}): ResourceQuota => ({
  spec: {
    hard: Object.fromEntries(hard.map((name) => [name, "10"])),
    ...(of.scopes === undefined ? {} : { scopes: of.scopes }),
    ...(of.priority === undefined
      ? {}
      : {
          scopeSelector: {
            matchExpressions: [{ scopeName: "PriorityClass", operator: of.priority[0], values: of.priority[1] }],
          },
        }),
  },
});

const pod = (
  of: { requests?: Record<string, string>; limits?: Record<string, string>; phase?: string; spec?: object } = {},
): Pod => ({
  spec: {
    containers: [{ name: "a", resources: { requests: of.requests ?? {}, limits: of.limits ?? {} } }],
    ...of.spec,
  },
  status: { phase: of.phase ?? "Running" },
});

function used(of: ResourceQuota, objects: [string, object][]): Record<string, string> {
  const usage = quotaUsage(
    of,
    objects.map(([resource, object]) => quotaUse(resource, object)),
  );
  return Object.fromEntries([...usage].map(([name, amount]) => [name, formatQuantity(amount)]));
}

test("pods use what they request, until they have ended", () => {
  const names = ["pods", "count/pods", "cpu", "requests.memory", "limits.cpu", "requests.example.com/gpu"];
  const objects: [string, object][] = [
    ["pods", pod({ requests: { cpu: "500m", memory: "1Gi", "example.com/gpu": "1" }, limits: { cpu: "1" } })],
    ["pods", pod({ requests: { cpu: "250m", memory: "512Mi" } })],
    ["pods", pod({ requests: { cpu: "4" }, phase: "Succeeded" })],
  ];
  assert.deepEqual(used(quota(names), objects), {
    pods: "2",
    "count/pods": "3",
    cpu: "750m",
    "requests.memory": "1536Mi",
    "limits.cpu": "1",
    "requests.example.com/gpu": "1",
  });
});

for (const [what, reason, cpu] of [
  ["that waits for room uses what it shall have", "Deferred", "4"],
  ["that can never be uses what it has", "Infeasible", "2"],
] as const) {
  test(`a resize ${what}`, () => {
    const resized = pod({ requests: { cpu: "4" }, limits: { cpu: "1" } });
    resized.status = {
      conditions: [{ type: "PodResizePending", status: "True", reason }],
      containerStatuses: [
        {
          name: "a",
          allocatedResources: { cpu: "2" },
          resources: { requests: { cpu: "1" }, limits: { cpu: "3" } },
        } as never,
      ],
    };
    assert.deepEqual(used(quota(["cpu", "limits.cpu"]), [["pods", resized]]), { cpu, "limits.cpu": "3" });
  });
}

const scopes: { name: string; quota: ResourceQuota; pods: string }[] = [
  { name: "best effort", quota: quota(["pods"], { scopes: ["BestEffort"] }), pods: "1" },
  { name: "not best effort", quota: quota(["pods"], { scopes: ["NotBestEffort"] }), pods: "2" },
  { name: "with a deadline", quota: quota(["pods"], { scopes: ["Terminating"] }), pods: "1" },
  { name: "without", quota: quota(["pods"], { scopes: ["NotTerminating", "NotBestEffort"] }), pods: "1" },
  { name: "of a priority class", quota: quota(["pods"], { priority: ["In", ["high"]] }), pods: "1" },
  { name: "of another", quota: quota(["pods"], { priority: ["NotIn", ["high"]] }), pods: "2" },
  { name: "of any", quota: quota(["pods"], { priority: ["Exists", []] }), pods: "1" },
];
for (const { name, quota: of, pods } of scopes) {
  test(`scope: ${name}`, () => {
    const objects: [string, object][] = [
      ["pods", pod()],
      ["pods", pod({ requests: { cpu: "1" }, spec: { activeDeadlineSeconds: 5 } })],
      ["pods", pod({ requests: { cpu: "1" }, spec: { priorityClassName: "high" } })],
      ["configmaps", {}],
    ];
    assert.deepEqual(used(of, objects), { pods });
  });
}

test("services and claims", () => {
  const service = (spec: Service["spec"]): Service => ({ spec });
  const ports = [{ port: 1 }, { port: 2, nodePort: 30000 }];
  const claim = { spec: { storageClassName: "fast", resources: { requests: { storage: "5Gi" } } } };
  const names = [
    "services",
    "services.nodeports",
    "services.loadbalancers",
    "requests.storage",
    "persistentvolumeclaims",
  ];
  const objects: [string, object][] = [
    ["services", service({ type: "ClusterIP", ports })],
    ["services", service({ type: "NodePort", ports })],
    ["services", service({ type: "LoadBalancer", allocateLoadBalancerNodePorts: false, ports })],
    ["persistentvolumeclaims", claim],
  ];
  assert.deepEqual(used(quota([...names, "fast.storageclass.storage.k8s.io/requests.storage"]), objects), {
    services: "3",
    "services.nodeports": "3",
    "services.loadbalancers": "1",
    "requests.storage": "5Gi",
    persistentvolumeclaims: "1",
    "fast.storageclass.storage.k8s.io/requests.storage": "5Gi",
  });
});

test("whose objects count", () => {
  const expected: Record<string, string> = {
    cpu: "pods",
    "requests.cpu": "pods",
    "limits.memory": "pods",
    "requests.storage": "persistentvolumeclaims",
    "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "persistentvolumeclaims",
    "services.nodeports": "services",
    secrets: "secrets",
    "count/deployments.apps": "deployments.apps",
  };
  for (const [name, resource] of Object.entries(expected)) assert.equal(resourceOfQuotaName(name), resource, name);
});

test("claims of devices count by class: all of one request, the most of what one may be given instead of another", () => {
  const claims = "resourceclaims.resource.k8s.io";
  const gpu = "gpu.deviceclass.resource.k8s.io/devices";
  const nic = "nic.deviceclass.resource.k8s.io/devices";
  assert.equal(resourceOfQuotaName(gpu), claims);
  const one = (deviceClassName: string, of: object = {}) => ({ deviceClassName, ...of });
  const requests = [
    { name: "a", exactly: one("gpu", { allocationMode: "ExactCount", count: 2 }) },
    { name: "b", exactly: one("gpu") },
    {
      name: "c",
      firstAvailable: [one("gpu", { count: 1 }), one("gpu", { count: 4 }), one("nic", { allocationMode: "All" })],
    },
  ];
  const names = [gpu, nic, `count/${claims}`];
  assert.deepEqual(
    used(quota(names), [
      [claims, { spec: { devices: { requests } } }],
      [claims, {}],
    ]),
    {
      [gpu]: "7",
      [nic]: "32",
      [`count/${claims}`]: "2",
    },
  );
});
