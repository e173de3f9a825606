import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  LimitRangeItem,
  PersistentVolumeClaim,
  Pod,
  PodSpec,
  ResourceRequirements,
} from "../../api/generated/core/v1.ts";
import { limitRanges, persistentVolumeClaims, pods } from "../../api/generated/resources.ts";
import { admissionBench } from "../testing/admission-bench.ts";
import { limitRanger } from "./limit-ranger.ts";
import { podUsage } from "./pod-usage.ts";

const pod = (resources: ResourceRequirements = {}, over: Partial<PodSpec> = {}): Pod => ({
  metadata: { name: "web", namespace: "shop" },
  spec: { containers: [{ name: "a", resources }], ...over },
});

function bench(...limits: LimitRangeItem[]) {
  const made = admissionBench();
  made.reader.put(limitRanges, { metadata: { name: "limits", namespace: "shop" }, spec: { limits } });
  return made;
}

test("defaults fill what is missing", async () => {
  const item: LimitRangeItem = {
    type: "Container",
    defaultRequest: { cpu: "100m", memory: "64Mi" },
    default: { cpu: "1" },
  };
  const made = bench(item);
  const object = pod({ requests: { cpu: "200m" } }, { initContainers: [{ name: "i" }] });
  const after = await made.run(limitRanger(made), { resource: pods, object });
  assert.deepEqual(after.spec?.containers[0]?.resources, {
    requests: { cpu: "200m", memory: "64Mi" },
    limits: { cpu: "1" },
  });
  assert.equal(
    after.metadata?.annotations?.["kubernetes.io/limit-ranger"],
    "LimitRanger plugin set: memory request for container a; cpu limit for container a; " +
      "cpu, memory request for init container i; cpu limit for init container i",
  );
  const full = pod({ requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1" } });
  assert.equal((await made.run(limitRanger(made), { resource: pods, object: full })).metadata?.annotations, undefined);
});

test("bounds of containers", async () => {
  const cases: [string, LimitRangeItem, ResourceRequirements, string | undefined][] = [
    [
      "inside",
      { type: "Container", min: { cpu: "100m" }, max: { cpu: "2" } },
      { requests: { cpu: "1" }, limits: { cpu: "2" } },
      undefined,
    ],
    [
      "below",
      { type: "Container", min: { cpu: "100m" } },
      { requests: { cpu: "50m" } },
      "minimum cpu usage per Container is 100m, but request is 50m",
    ],
    [
      "nothing asked",
      { type: "Container", min: { cpu: "100m" } },
      {},
      "minimum cpu usage per Container is 100m.  No request is specified",
    ],
    [
      "above",
      { type: "Container", max: { memory: "1Gi" } },
      { limits: { memory: "2Gi" } },
      "maximum memory usage per Container is 1Gi, but limit is 2Gi",
    ],
    [
      "no limit",
      { type: "Container", max: { memory: "1Gi" } },
      {},
      "maximum memory usage per Container is 1Gi.  No limit is specified",
    ],
    [
      "ratio",
      { type: "Container", maxLimitRequestRatio: { cpu: "2" } },
      { requests: { cpu: "100m" }, limits: { cpu: "300m" } },
      "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
    ],
    [
      "ratio kept",
      { type: "Container", maxLimitRequestRatio: { cpu: "2" } },
      { requests: { cpu: "100m" }, limits: { cpu: "200m" } },
      undefined,
    ],
    [
      "two problems",
      { type: "Container", min: { cpu: "1", memory: "1Gi" } },
      { requests: { cpu: "500m", memory: "1Mi" } },
      "[minimum cpu usage per Container is 1, but request is 500m, minimum memory usage per Container is 1Gi, but request is 1Mi]",
    ],
  ];
  for (const [name, item, resources, problem] of cases) {
    const made = bench(item);
    const result = made.run(limitRanger(made), { resource: pods, object: pod(resources) });
    if (problem === undefined) await result;
    else await assert.rejects(result, { message: `pods "web" is forbidden: ${problem}` }, name);
  }
});

test("bounds of whole pods and of claims", async () => {
  const made = bench(
    { type: "Pod", max: { cpu: "1" } },
    { type: "PersistentVolumeClaim", min: { storage: "1Gi" }, max: { storage: "2Gi" } },
  );
  const cpu = (amount: string) => ({ requests: { cpu: amount }, limits: { cpu: amount } });
  const two = pod(
    {},
    {
      containers: [
        { name: "a", resources: cpu("600m") },
        { name: "b", resources: cpu("600m") },
      ],
    },
  );
  await assert.rejects(made.run(limitRanger(made), { resource: pods, object: two }), {
    message: 'pods "web" is forbidden: maximum cpu usage per Pod is 1, but limit is 1200m',
  });
  const claim = (storage: string): PersistentVolumeClaim => ({
    metadata: { name: "c", namespace: "shop" },
    spec: { resources: { requests: { storage } } },
  });
  const run = (object: PersistentVolumeClaim) =>
    made.run(limitRanger(made), { resource: persistentVolumeClaims, object });
  await run(claim("1Gi"));
  await assert.rejects(run(claim("3Gi")), /maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi/);
  await assert.rejects(run(claim("1Mi")), /minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi/);
});

test("a pod asks for the most that it needs at any one time", () => {
  const cpu = (name: string, amount: string, restartPolicy?: string) => ({
    name,
    resources: { requests: { cpu: amount } },
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
  });
  const cases: [Partial<PodSpec>, string][] = [
    [{ containers: [cpu("a", "1"), cpu("b", "500m")] }, "1500m"],
    [{ containers: [cpu("a", "1")], initContainers: [cpu("i", "3"), cpu("j", "2")] }, "3"],
    [{ containers: [cpu("a", "1")], initContainers: [cpu("s", "1", "Always")] }, "2"],
    [{ containers: [cpu("a", "1")], initContainers: [cpu("s", "1", "Always"), cpu("i", "2")] }, "3"],
    [{ containers: [cpu("a", "1")], initContainers: [cpu("i", "2"), cpu("s", "1", "Always")] }, "2"],
  ];
  for (const [spec, expected] of cases)
    assert.equal(podUsage(pod({}, spec)).requests.cpu, expected, JSON.stringify(spec));
});

test("a resize is bound as well, and gets no defaults", async () => {
  const made = bench({ type: "Container", max: { cpu: "2" }, default: { memory: "1Gi" } });
  const resize = (cpu: string) =>
    made.run(limitRanger(made), {
      resource: pods,
      operation: "UPDATE",
      subresource: "resize",
      object: pod({ limits: { cpu } }),
      oldObject: pod({ limits: { cpu: "1" } }),
    });
  assert.deepEqual((await resize("2")).spec?.containers[0]?.resources, { limits: { cpu: "2" } });
  await assert.rejects(resize("3"), /maximum cpu usage per Container is 2, but limit is 3/);
});
