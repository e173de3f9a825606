import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, ResourceRequirements } from "../generated/core/v1.ts";
import { draftPod, lines, type PodDraft } from "../testing/pod-errors.ts";
import { validatePodResize } from "./pod-resize.ts";

/** What a resize may change, by upstream's tests of it. */

type Amounts = Record<string, string>;
const sized = (requests: Amounts, limits: Amounts = {}): { resources: ResourceRequirements } => ({
  resources: { requests, ...(Object.keys(limits).length > 0 && { limits }) },
});
const one = (fields: Partial<Container>): PodDraft => ({ containers: [{ name: "c", image: "x", ...fields }] });
const init = (fields: Partial<Container>): PodDraft => ({
  ...one(sized({ cpu: "1" })),
  initContainers: [{ name: "i", image: "x", ...fields }],
});
const restarting = { resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] };
const sidecar = { restartPolicy: "Always" };
const C = "spec.containers[0].resources";
const I = "spec.initContainers[0]";
const ONLY = "only cpu and memory resources";

const cases: readonly [string, PodDraft, PodDraft, readonly string[]][] = [
  ["more cpu, less memory", one(sized({ cpu: "1", memory: "2" })), one(sized({ cpu: "2", memory: "1" })), []],
  [
    "another quality",
    one(sized({ cpu: "1", memory: "1" })),
    one(sized({ cpu: "1", memory: "1" }, { cpu: "1", memory: "1" })),
    ['spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing'],
  ],
  [
    "storage",
    one(sized({ cpu: "1", "ephemeral-storage": "1" })),
    one(sized({ cpu: "1", "ephemeral-storage": "2" })),
    [`spec: Forbidden: ${ONLY} are mutable`],
  ],
  [
    "requests and limits that go",
    one(sized({ cpu: "1", memory: "1" }, { cpu: "2", memory: "2" })),
    one(sized({ cpu: "1" }, { cpu: "2" })),
    [
      `${C}.requests: Forbidden: resource requests cannot be removed`,
      `${C}.limits: Forbidden: resource limits cannot be removed`,
    ],
  ],
  ["an init container", init(sized({ cpu: "1" })), init(sized({ cpu: "2" })), []],
  [
    "storage of a sidecar",
    init({ ...sidecar, ...sized({ cpu: "1", "ephemeral-storage": "1" }) }),
    init({ ...sidecar, ...sized({ cpu: "1", "ephemeral-storage": "2" }) }),
    [`${I}: Forbidden: ${ONLY} for init or sidecar containers are mutable`],
  ],
  [
    "an init container that would be started again",
    init({ ...restarting, ...sized({ cpu: "1" }) }),
    init({ ...restarting, ...sized({ cpu: "2" }) }),
    [`${I}: Forbidden: non-sidecar init containers with a resize policy of RestartContainer cannot be resized`],
  ],
  [
    "how a resize is done",
    one({ ...restarting, ...sized({ cpu: "1" }) }),
    one(sized({ cpu: "1" })),
    [`spec: Forbidden: ${ONLY} are mutable`],
  ],
  [
    "a container that comes",
    one(sized({ cpu: "1" })),
    {
      containers: [
        { name: "c", image: "x", ...sized({ cpu: "1" }) },
        { name: "d", image: "x" },
      ],
    },
    ["spec.containers: Forbidden: containers may not be added or removed on resize"],
  ],
  [
    "the first amounts of the pod as a whole",
    one(sized({ cpu: "1" })),
    { ...one(sized({ cpu: "1" })), ...sized({ cpu: "2" }, { cpu: "4" }) },
    [],
  ],
  [
    "the pod as a whole",
    { ...one(sized({ cpu: "1" })), ...sized({ cpu: "2", memory: "1" }, { "hugepages-2Mi": "2Mi" }) },
    { ...one(sized({ cpu: "1" })), ...sized({ cpu: "3" }, { "hugepages-2Mi": "4Mi" }) },
    [
      "spec.resources.requests: Forbidden: pod-level resource requests cannot be removed",
      `spec: Forbidden: ${ONLY} are mutable at pod-level`,
    ],
  ],
  [
    "the pod as a whole no longer",
    { ...one(sized({ cpu: "1" })), ...sized({ cpu: "2" }) },
    one(sized({ cpu: "1" })),
    ["spec.resources: Forbidden: pod-level resources cannot be removed"],
  ],
];
for (const [name, before, after, expected] of cases) {
  test(`a resize: ${name}`, () => {
    const [old, now] = [draftPod(before), draftPod(after)];
    assert.deepEqual(lines(validatePodResize(now, old, now)), expected);
  });
}

test("some pods are not resized at all", () => {
  const now = draftPod(one(sized({ cpu: "2" })));
  const old = draftPod(one(sized({ cpu: "1" })));
  const resized = () => lines(validatePodResize(now, old, now));
  const running = { name: "c", image: "x", imageID: "", ready: true, restartCount: 0, state: { running: {} } };
  old.status = { containerStatuses: [running] };
  assert.deepEqual(resized(), ["spec: Forbidden: Pod running on node without support for resize"]);
  old.status = { nodeAllocatableResourceClaimStatuses: [{ resourceClaimName: "a", containers: ["c"], resources: {} }] };
  assert.deepEqual(resized(), ["spec: Forbidden: pods with node allocatable resource claims cannot be resized"]);
  old.spec!.os = { name: "windows" };
  assert.deepEqual(resized(), ["[]: Forbidden: windows pods cannot be resized"]);
  old.metadata!.annotations = { "kubernetes.io/config.mirror": "x" };
  assert.deepEqual(resized(), ["[]: Forbidden: static pods cannot be resized"]);
});
