import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutGatedFields } from "./gated-fields.ts";
import { findKind, kindDefinitions } from "./kinds.ts";
import type { ApiObject } from "./meta.ts";
import { cloneJson } from "./patch/json-value.ts";

const group = { schedulingGroup: { podGroupName: "a" } };
const pod = (more: object = {}) => ({ spec: { containers: [{ name: "a", image: "b" }], ...more } });

/** Group, version and kind, with the field and without it. */
const cases: readonly [string, object, object][] = [
  ["/v1/Pod", pod(group), pod()],
  [
    "/v1/Pod",
    pod({
      initContainers: [{ name: "b", image: "b", lifecycle: { preStop: {}, stopSignal: "SIGUSR1" } }],
      ephemeralContainers: [{ name: "c", image: "b", lifecycle: { stopSignal: "SIGUSR1" } }],
    }),
    pod({
      initContainers: [{ name: "b", image: "b", lifecycle: { preStop: {} } }],
      ephemeralContainers: [{ name: "c", image: "b" }],
    }),
  ],
  ["/v1/PodTemplate", { template: pod(group) }, { template: pod() }],
  ["apps/v1/Deployment", { spec: { template: pod(group) } }, { spec: { template: pod() } }],
  ["batch/v1/Job", { spec: { template: pod(group) } }, { spec: { template: pod() } }],
  [
    "batch/v1/CronJob",
    { spec: { jobTemplate: { spec: { template: pod(group) } } } },
    { spec: { jobTemplate: { spec: { template: pod() } } } },
  ],
  [
    "coordination.k8s.io/v1/Lease",
    { spec: { holderIdentity: "a", strategy: "OldestEmulationVersion", preferredHolder: "b" } },
    { spec: { holderIdentity: "a" } },
  ],
  [
    "scheduling.k8s.io/v1alpha2/Workload",
    { spec: { podGroupTemplates: [{ name: "a", priority: 1, disruptionMode: "Pod", resourceClaims: [] }] } },
    { spec: { podGroupTemplates: [{ name: "a" }] } },
  ],
  [
    "storage.k8s.io/v1/CSIDriver",
    { spec: { attachRequired: true, preventPodSchedulingIfMissing: true } },
    { spec: { attachRequired: true } },
  ],
  [
    "resource.k8s.io/v1/ResourceSlice",
    {
      spec: {
        devices: [
          { name: "a", attributes: { b: { string: "c" }, d: { ints: [1] } }, nodeAllocatableResourceMappings: {} },
        ],
      },
    },
    { spec: { devices: [{ name: "a", attributes: { b: { string: "c" }, d: {} } }] } },
  ],
];

test("fields of features that are off are dropped, unless they stood there before", () => {
  for (const [name, said, rest] of cases) {
    const [of = "", version = "", kind = ""] = name.split("/");
    const bare = { group: of, version, kind };
    const { prepareForCreate, prepareForUpdate } = withoutGatedFields(bare);
    const made = cloneJson(said) as ApiObject;
    prepareForCreate!(made);
    assert.deepEqual(made, rest, `${name}: created`);
    const changed = cloneJson(said) as ApiObject;
    prepareForUpdate!(changed, rest as ApiObject);
    assert.deepEqual(changed, rest, `${name}: changed`);
    const kept = cloneJson(said) as ApiObject;
    prepareForUpdate!(kept, said as ApiObject);
    assert.deepEqual(kept, said, `${name}: kept`);
    assert.equal(findKind(of, version, kind)?.prepareForCreate?.name, "prepareForCreate", name);
  }
});

test("what a pod's status says of such a feature is dropped", () => {
  const { prepareForStatusUpdate } = findKind("", "v1", "Pod")!;
  const mounts = (mount: object) => ({ containerStatuses: [{ name: "a", volumeMounts: [{ name: "b", ...mount }] }] });
  const status = { phase: "Running", nodeAllocatableResourceClaimStatuses: [], ...mounts({ volumeStatus: {} }) };
  const draft = { status: cloneJson(status) };
  prepareForStatusUpdate!(draft as ApiObject, { status: { phase: "Pending" } } as ApiObject);
  assert.deepEqual(draft, { status: { phase: "Running", ...mounts({}) } });
});

test("each kind stands in the table once", () => {
  const names = kindDefinitions.map((each) => `${each.group}/${each.version}/${each.kind}`);
  assert.equal(new Set(names).size, names.length);
});
