import assert from "node:assert/strict";
import { test } from "node:test";
import type { Binding, Namespace, Node, PersistentVolumeClaim, Pod, PodSpec } from "../../api/generated/core/v1.ts";
import type { Ingress } from "../../api/generated/networking.k8s.io/v1.ts";
import {
  configMaps,
  deployments,
  ingressClasses,
  ingresses,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  priorityClasses,
  runtimeClasses,
  serviceAccounts,
  storageClasses,
} from "../../api/generated/resources.ts";
import type { PriorityClass } from "../../api/generated/scheduling.k8s.io/v1.ts";
import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { nextTurn } from "../../base/turn.ts";
import type { ObjectReader } from "../reader.ts";
import { type AdmissionBench, admissionBench } from "../testing/admission-bench.ts";
import type { AdmissionAttributes } from "./admission.ts";
import { defaultIngressClass } from "./default-ingress-class.ts";
import { defaultStorageClass } from "./default-storage-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { persistentVolumeClaimResize } from "./persistent-volume-claim-resize.ts";
import { createAdmissionPlugins } from "./plugins.ts";
import { podSecurity } from "./pod-security/pod-security.ts";
import { podTopologyLabels } from "./pod-topology-labels.ts";
import { priority } from "./priority.ts";
import { runtimeClass } from "./runtime-class.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use-protection.ts";
import { taintNodesByCondition } from "./taint-nodes-by-condition.ts";

const pod = (spec: Partial<PodSpec> = {}): Pod => ({
  metadata: { name: "web", namespace: "shop" },
  spec: { containers: [{ name: "a" }], ...spec },
});
const refused =
  (message: RegExp, code = 403) =>
  (error: unknown) =>
    error instanceof StatusError && error.code === code && message.test(error.message);

test("plugins run in upstream's order", () => {
  const names = createAdmissionPlugins(admissionBench()).map((plugin) => plugin.name);
  assert.equal(
    names.join(" "),
    "NamespaceLifecycle LimitRanger ServiceAccount NodeRestriction TaintNodesByCondition PodSecurity Priority " +
      "DefaultTolerationSeconds DefaultStorageClass StorageObjectInUseProtection PodGroupProtection PersistentVolumeClaimResize RuntimeClass " +
      "CertificateApproval CertificateSigning ClusterTrustBundleAttest CertificateSubjectRestriction DefaultIngressClass PodTopologyLabels " +
      "PodGroupWorkloadExists NodeDeclaredFeatureValidator JobValidation PodResizeValidator " +
      "MutatingAdmissionPolicy MutatingAdmissionWebhook ValidatingAdmissionPolicy ValidatingAdmissionWebhook ResourceQuota",
  );
});

test("where all answers are at hand, a new pod waits for no plugin", async () => {
  const bench = admissionBench();
  const present = new Map<unknown, ApiObject>([
    [namespaces, { metadata: { name: "shop" } }],
    [serviceAccounts, { metadata: { name: "default", namespace: "shop" } }],
    [nodes, { metadata: { name: "n" } }],
    [priorityClasses, { metadata: { name: "high" }, value: 1 } as PriorityClass],
    [runtimeClasses, { metadata: { name: "fast" } }],
  ]);
  const reader: ObjectReader = {
    get: (resource) => present.get(resource) as never,
    labels: () => ({}),
    list: () => [],
    follow: async () => () => {},
  };
  const plugins = createAdmissionPlugins({ ...bench, reader });
  const waitedFor: string[] = [];
  const ask = (step: "admit" | "validate") => (attributes: AdmissionAttributes) => {
    for (const plugin of plugins.filter((each) => each.handles(attributes))) {
      if (plugin[step]?.(attributes) !== undefined) waitedFor.push(`${plugin.name} ${step}`);
    }
  };
  const all = { name: "all", handles: () => true, admit: ask("admit"), validate: ask("validate") };
  const object = pod({ priorityClassName: "high", runtimeClassName: "fast", nodeName: "n" });
  // Webhooks and policies begin to follow their configurations when the first one asks.
  await bench.run(all, { resource: pods, object });
  await nextTurn();
  waitedFor.length = 0;
  const { spec } = await bench.run(all, { resource: pods, object });
  assert.deepEqual(waitedFor, []);
  assert.deepEqual([spec?.priority, spec?.serviceAccountName, spec?.tolerations?.length], [1, "default", 2]);
});

test("NamespaceLifecycle", async () => {
  const bench = admissionBench();
  const plugin = namespaceLifecycle(bench);
  const object = { metadata: { name: "c", namespace: "shop" } };
  const create = () => bench.run(plugin, { resource: configMaps, object });
  await assert.rejects(create(), refused(/^namespaces "shop" not found$/, 404));
  bench.reader.put(namespaces, { metadata: { name: "shop" }, status: { phase: "Active" } });
  await create();
  bench.reader.put(namespaces, {
    metadata: { name: "shop", deletionTimestamp: "2026-01-01T00:00:00Z" },
    status: { phase: "Terminating" },
  });
  await assert.rejects(create(), (error: StatusError) => {
    const text =
      'configmaps "c" is forbidden: unable to create new content in namespace shop because it is being terminated';
    assert.equal(error.message, text);
    assert.equal(error.status.details?.causes?.[0]?.reason, "NamespaceTerminating");
    return true;
  });
  await bench.run(plugin, { resource: configMaps, operation: "UPDATE", object, oldObject: object });
  await bench.run(plugin, { resource: configMaps, operation: "DELETE", oldObject: object });
  for (const name of ["default", "kube-system", "kube-public"]) {
    const oldObject = { metadata: { name } };
    const removal = bench.run(plugin, { resource: namespaces, operation: "DELETE", oldObject });
    await assert.rejects(removal, refused(/is forbidden: this namespace may not be deleted$/), name);
  }
  await bench.run(plugin, {
    resource: namespaces,
    operation: "DELETE",
    oldObject: { metadata: { name: "kube-node-lease" } },
  });
  await bench.run(plugin, { resource: namespaces, object: { metadata: { name: "new" } } });
});

test("TaintNodesByCondition", async () => {
  const bench = admissionBench();
  const taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };
  const cases: [Node["spec"], unknown][] = [
    [undefined, [taint]],
    [{ taints: [{ key: "x", effect: "NoExecute" }] }, [{ key: "x", effect: "NoExecute" }, taint]],
    [{ taints: [taint] }, [taint]],
  ];
  for (const [spec, taints] of cases) {
    const node = { metadata: { name: "n" }, ...(spec === undefined ? {} : { spec }) };
    assert.deepEqual((await bench.run(taintNodesByCondition, { resource: nodes, object: node })).spec?.taints, taints);
  }
  const oldObject: Node = { metadata: { name: "n" }, spec: {} };
  const updated = await bench.run(taintNodesByCondition, {
    resource: nodes,
    operation: "UPDATE",
    object: oldObject,
    oldObject,
  });
  assert.equal(updated.spec?.taints, undefined);
});

test("DefaultTolerationSeconds", async () => {
  const bench = admissionBench();
  const added = (key: string) => ({
    key: `node.kubernetes.io/${key}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds: 300,
  });
  const own = { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 };
  const everything = { operator: "Exists" };
  const other = { key: "x", operator: "Exists" };
  const cases: [PodSpec["tolerations"], unknown][] = [
    [undefined, [added("not-ready"), added("unreachable")]],
    [[own], [own, added("unreachable")]],
    [[everything], [everything]],
    [[other], [other, added("not-ready"), added("unreachable")]],
    [[{ ...own, effect: "NoSchedule" }], [{ ...own, effect: "NoSchedule" }, added("not-ready"), added("unreachable")]],
  ];
  for (const [tolerations, expected] of cases) {
    const object = pod(tolerations === undefined ? {} : { tolerations });
    const after = await bench.run(defaultTolerationSeconds, { resource: pods, object });
    assert.deepEqual(after.spec?.tolerations, expected);
  }
});

test("Priority", async () => {
  const bench = admissionBench();
  const plugin = priority(bench);
  const of = async (spec: Partial<PodSpec>) => {
    const { spec: after } = await bench.run(plugin, { resource: pods, object: pod(spec) });
    return [after?.priorityClassName, after?.priority, after?.preemptionPolicy];
  };
  assert.deepEqual(await of({}), [undefined, 0, "PreemptLowerPriority"]);
  bench.reader.put(
    priorityClasses,
    { metadata: { name: "high" }, value: 1000, preemptionPolicy: "Never" },
    { metadata: { name: "usual" }, value: 10, globalDefault: true },
    { metadata: { name: "lower" }, value: 5, globalDefault: true },
  );
  assert.deepEqual(await of({}), ["lower", 5, "PreemptLowerPriority"]);
  assert.deepEqual(await of({ priorityClassName: "high" }), ["high", 1000, "Never"]);
  assert.deepEqual(await of({ priorityClassName: "high", priority: 1000 }), ["high", 1000, "Never"]);
  const bad: [Partial<PodSpec>, RegExp][] = [
    [{ priorityClassName: "none" }, /^pods "web" is forbidden: no PriorityClass with name none was found$/],
    [
      { priorityClassName: "high", priority: 7 },
      /the integer value of priority \(7\) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name/,
    ],
    [
      { priorityClassName: "high", preemptionPolicy: "PreemptLowerPriority" },
      /the string value of PreemptionPolicy \(PreemptLowerPriority\) must not be provided.*computed Never/,
    ],
  ];
  for (const [spec, message] of bad) await assert.rejects(of(spec), refused(message));
  const oldObject = pod({ priority: 9, preemptionPolicy: "Never" });
  const updated = await bench.run(plugin, { resource: pods, operation: "UPDATE", object: pod(), oldObject });
  assert.equal(updated.spec?.priority, 9);
  const second = { metadata: { name: "second" }, value: 1, globalDefault: true };
  await assert.rejects(
    bench.run(plugin, { resource: priorityClasses, object: second }),
    refused(/PriorityClass lower is already marked as default. Only one default can exist/),
  );
  const { metadata } = { metadata: { name: "lower" } };
  await bench.run(plugin, {
    resource: priorityClasses,
    operation: "UPDATE",
    object: { metadata, value: 5, globalDefault: true },
  });
});

test("default classes", async () => {
  const bench = admissionBench();
  const marked = (name: string, annotation: string, created: string) => ({
    metadata: { name, annotations: { [annotation]: "true" }, creationTimestamp: created },
  });
  const claim = (over: Partial<PersistentVolumeClaim> = {}): PersistentVolumeClaim => ({
    metadata: { name: "c", namespace: "shop" },
    spec: {},
    ...over,
  });
  const classOf = async (object: PersistentVolumeClaim) =>
    (await bench.run(defaultStorageClass(bench), { resource: persistentVolumeClaims, object })).spec?.storageClassName;
  const storage = "storageclass.kubernetes.io/is-default-class";
  assert.equal(await classOf(claim()), undefined);
  bench.reader.put(
    storageClasses,
    { ...marked("old", storage, "2026-01-01T00:00:00Z"), provisioner: "p" },
    { ...marked("new-b", storage, "2026-01-02T00:00:00Z"), provisioner: "p" },
    { ...marked("new-a", storage, "2026-01-02T00:00:00Z"), provisioner: "p" },
  );
  assert.equal(await classOf(claim()), "new-a");
  assert.equal(await classOf(claim({ spec: { storageClassName: "" } })), "");
  const annotated = { name: "c", annotations: { "volume.beta.kubernetes.io/storage-class": "x" } };
  assert.equal(await classOf(claim({ metadata: annotated })), undefined);

  const ingress: Ingress = { metadata: { name: "i", namespace: "shop" }, spec: {} };
  const plugin = defaultIngressClass(bench);
  assert.equal((await bench.run(plugin, { resource: ingresses, object: ingress })).spec?.ingressClassName, undefined);
  bench.reader.put(
    ingressClasses,
    marked("web", "ingressclass.kubernetes.io/is-default-class", "2026-01-01T00:00:00Z"),
  );
  assert.equal((await bench.run(plugin, { resource: ingresses, object: ingress })).spec?.ingressClassName, "web");
});

test("StorageObjectInUseProtection", async () => {
  const bench = admissionBench();
  const object = { metadata: { name: "c", finalizers: ["x"] } };
  const finalizers = async (resource: typeof persistentVolumeClaims | typeof persistentVolumes | typeof configMaps) =>
    (await bench.run(storageObjectInUseProtection, { resource: resource as typeof configMaps, object })).metadata
      ?.finalizers;
  assert.deepEqual(await finalizers(persistentVolumeClaims), ["x", "kubernetes.io/pvc-protection"]);
  assert.deepEqual(await finalizers(persistentVolumes), ["x", "kubernetes.io/pv-protection"]);
  assert.deepEqual(await finalizers(configMaps), ["x"]);
});

test("PersistentVolumeClaimResize", async () => {
  const claim = (storage: string, phase = "Bound"): PersistentVolumeClaim => ({
    metadata: { name: "c", namespace: "shop" },
    spec: { storageClassName: "grows", resources: { requests: { storage } } },
    status: { phase },
  });
  const cases: [string, string, string, boolean | undefined, RegExp | undefined][] = [
    ["1Gi", "1Gi", "Pending", false, undefined],
    ["1Gi", "1024Mi", "Pending", false, undefined],
    ["1Gi", "2Gi", "Bound", true, undefined],
    ["1Gi", "2Gi", "Pending", true, /Only bound persistent volume claims can be expanded/],
    ["1Gi", "2Gi", "Bound", false, /only dynamically provisioned pvc can be resized/],
    ["1Gi", "2Gi", "Bound", undefined, /only dynamically provisioned pvc can be resized/],
  ];
  for (const [before, after, phase, allowVolumeExpansion, message] of cases) {
    const bench = admissionBench();
    if (allowVolumeExpansion !== undefined) {
      bench.reader.put(storageClasses, { metadata: { name: "grows" }, provisioner: "p", allowVolumeExpansion });
    }
    const write = {
      resource: persistentVolumeClaims,
      operation: "UPDATE",
      object: claim(after),
      oldObject: claim(before, phase),
    } as const;
    const result = bench.run(persistentVolumeClaimResize(bench), write);
    if (message === undefined) await result;
    else await assert.rejects(result, refused(message));
  }
});

test("RuntimeClass", async () => {
  const bench = admissionBench();
  bench.reader.put(runtimeClasses, {
    metadata: { name: "vm" },
    handler: "vm",
    overhead: { podFixed: { cpu: "250m" } },
    scheduling: { nodeSelector: { vm: "yes" }, tolerations: [{ key: "vm", operator: "Exists" }] },
  });
  const run = (spec: Partial<PodSpec>) => bench.run(runtimeClass(bench), { resource: pods, object: pod(spec) });
  const { spec } = await run({ runtimeClassName: "vm", nodeSelector: { a: "b" }, overhead: { cpu: "0.25" } });
  assert.deepEqual(spec?.overhead, { cpu: "250m" });
  assert.deepEqual(spec?.nodeSelector, { a: "b", vm: "yes" });
  assert.deepEqual(spec?.tolerations, [{ key: "vm", operator: "Exists" }]);
  const bad: [Partial<PodSpec>, RegExp][] = [
    [{ runtimeClassName: "none" }, /pod rejected: RuntimeClass "none" not found/],
    [
      { runtimeClassName: "vm", overhead: { cpu: "1" } },
      /Pod's Overhead doesn't match RuntimeClass's defined Overhead/,
    ],
    [{ overhead: { cpu: "1" } }, /Pod Overhead set without corresponding RuntimeClass defined Overhead/],
    [
      { runtimeClassName: "vm", nodeSelector: { vm: "no" } },
      /conflict: runtimeClass.scheduling.nodeSelector\[vm\] = yes; pod.spec.nodeSelector\[vm\] = no/,
    ],
  ];
  for (const [wrong, message] of bad) await assert.rejects(run(wrong), refused(message));
});

test("PodTopologyLabels", async () => {
  const bench = admissionBench();
  const labels = { "topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r", other: "x" };
  bench.reader.put(nodes, { metadata: { name: "n", labels } });
  const object: Binding = { metadata: { name: "web", namespace: "shop" }, target: { kind: "Node", name: "n" } };
  const resource: ResourceReference<Binding> = pods as unknown as ResourceReference<Binding>;
  const write = { resource, operation: "CREATE", subresource: "binding", object } as const;
  const bound = await bench.run(podTopologyLabels(bench), write);
  assert.deepEqual(bound.metadata?.labels, {
    "topology.kubernetes.io/zone": "z",
    "topology.kubernetes.io/region": "r",
  });
  assert.equal(
    (await bench.run(podTopologyLabels(bench), { ...write, subresource: "status" })).metadata?.labels,
    undefined,
  );
});

test("PodSecurity", async () => {
  const guarded = (bench: AdmissionBench, labels: Record<string, string>) => {
    const named = Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]);
    const namespace: Namespace = { metadata: { name: "shop", labels: Object.fromEntries(named) } };
    bench.reader.put(namespaces, namespace);
    return podSecurity(bench);
  };
  const bench = admissionBench();
  const privileged = pod({ hostNetwork: true });
  const enforcing = guarded(bench, { enforce: "baseline", warn: "restricted" });
  await assert.rejects(
    bench.run(enforcing, { resource: pods, object: privileged }),
    refused(/^pods "web" is forbidden: violates PodSecurity "baseline:latest": host namespaces \(hostNetwork=true\)$/),
  );
  await bench.run(enforcing, { resource: pods, object: pod() });
  assert.match(
    bench.warnings[0] ?? "",
    /^would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false/,
  );
  const template = { metadata: {}, spec: privileged.spec! };
  const deployment = { metadata: { name: "d", namespace: "shop" }, spec: { selector: {}, template } };
  await bench.run(enforcing, { resource: deployments, object: deployment });
  assert.equal(bench.warnings.length, 2);
  const labelled = { ...privileged, metadata: { ...privileged.metadata, labels: { a: "b" } } };
  await bench.run(enforcing, { resource: pods, operation: "UPDATE", object: labelled, oldObject: privileged });
  const wrong: Namespace = { metadata: { name: "n", labels: { "pod-security.kubernetes.io/enforce": "strict" } } };
  await assert.rejects(
    bench.run(enforcing, { resource: namespaces, object: wrong }),
    refused(/Invalid value: "strict": must be one of privileged, baseline, restricted/, 422),
  );
});
