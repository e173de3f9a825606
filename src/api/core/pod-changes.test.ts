import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod, PodSpec, PodStatus } from "../generated/core/v1.ts";
import { cloneJson } from "../patch/json-value.ts";
import { podKind } from "./pod.ts";
import { validatePodResize } from "./pod-resize.ts";
import { validateEphemeralContainersUpdate } from "./pod-update.ts";

/** What may become of a pod once it is there: by an update, by its status, by its other subresources. */

function pod(spec: Partial<PodSpec> = {}, status: PodStatus = {}): Pod {
  const made: Pod = {
    metadata: { name: "a", namespace: "default" },
    spec: { containers: [{ name: "c", image: "nginx" }], ...cloneJson(spec) },
    status: cloneJson(status),
  };
  podKind.setDefaults!(made);
  return made;
}
const texts = (errors: readonly { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);

const term = (...keys: string[]) => ({
  matchExpressions: keys.map((key) => ({ key, operator: "Exists" })),
});
const nodes = (...terms: object[]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms as never } },
  },
});
const gated: Partial<PodSpec> = { schedulingGates: [{ name: "a" }] };
const TERMS = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";

const updates: readonly [string, Partial<PodSpec>, (pod: Pod) => void, readonly string[]][] = [
  [
    "a deadline that goes",
    { activeDeadlineSeconds: 5 },
    ({ spec }) => delete spec!.activeDeadlineSeconds,
    ['spec.activeDeadlineSeconds: Invalid value: "null": must not update from a positive integer to nil value'],
  ],
  [
    "a later deadline ends the look at the rest",
    { activeDeadlineSeconds: 5 },
    ({ spec }) => Object.assign(spec!, { activeDeadlineSeconds: 6, hostname: "b" }),
    ["spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value"],
  ],
  [
    "a gate that comes",
    gated,
    ({ spec }) => spec!.schedulingGates!.push({ name: "b" }),
    ["spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'"],
  ],
  [
    "fewer nodes behind a gate",
    { ...gated, nodeSelector: { a: "b" } },
    ({ spec }) => (spec!.nodeSelector!.c = "d"),
    [],
  ],
  [
    "other nodes behind a gate",
    { ...gated, nodeSelector: { a: "b" } },
    ({ spec }) => (spec!.nodeSelector = { c: "d" }),
    [
      'spec.nodeSelector: Invalid value: {"c":"d"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ],
  ],
  [
    "a narrower term behind a gate",
    { ...gated, ...nodes(term("a")) },
    ({ spec }) => Object.assign(spec!, nodes(term("a", "b"))),
    [],
  ],
  ["a first term behind a gate", gated, ({ spec }) => Object.assign(spec!, nodes(term("a"))), []],
  [
    "one more term behind a gate",
    { ...gated, ...nodes(term("a")) },
    ({ spec }) => Object.assign(spec!, nodes(term("a"), term("b"))),
    [
      `${TERMS}: Invalid value: [{"MatchExpressions":[{"Key":"a","Operator":"Exists","Values":null}],"MatchFields":null},{"MatchExpressions":[{"Key":"b","Operator":"Exists","Values":null}],"MatchFields":null}]: no additions/deletions to non-empty NodeSelectorTerms list are allowed`,
    ],
  ],
  [
    "a mirror's mark",
    {},
    ({ metadata }) => (metadata!.annotations = { "kubernetes.io/config.mirror": "x" }),
    ["metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation"],
  ],
];
for (const [name, spec, change, expected] of updates) {
  test(`changed: ${name}`, () => {
    const old = pod(spec);
    const draft = cloneJson(old);
    change(draft);
    assert.deepEqual(texts(podKind.validateUpdate!(draft, old)), expected);
  });
}

for (const [name, change] of [
  ["pod affinity behind a gate", (spec: PodSpec) => (spec.affinity = { podAffinity: {} })],
  ["an ephemeral container", (spec: PodSpec) => (spec.ephemeralContainers = [{ name: "e", image: "x" }])],
] as const) {
  test(`an update cannot bring ${name}`, () => {
    const old = pod(gated);
    const draft = cloneJson(old);
    change(draft.spec!);
    assert.match(texts(podKind.validateUpdate!(draft, old)).join(), /^spec: Forbidden: pod updates may not change/);
  });
}

const state = (name: string, value: object) => ({
  name,
  image: "x",
  imageID: "",
  ready: false,
  restartCount: 0,
  state: value,
});
const ended = (exitCode: number) => ({ terminated: { exitCode } });
const restart = (container: Partial<Container>, restartPolicy: string): Partial<PodSpec> => ({
  restartPolicy,
  containers: [{ name: "c", image: "nginx", ...container }],
});
const STATE = "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state";

const starts: readonly [string, Partial<PodSpec>, number, readonly string[]][] = [
  ["always", restart({}, "Always"), 0, []],
  ["on failure", restart({}, "OnFailure"), 1, []],
  ["on failure, after success", restart({}, "OnFailure"), 0, [STATE]],
  ["never", restart({}, "Never"), 1, [STATE]],
  ["never, but the container's own policy", restart({ restartPolicy: "Always" }, "Never"), 0, []],
  [
    "never, but by a rule",
    restart(
      {
        restartPolicy: "Never",
        restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }],
      },
      "Never",
    ),
    42,
    [],
  ],
];
for (const [name, spec, exitCode, expected] of starts) {
  test(`a container starts again: ${name}`, () => {
    const old = pod(spec, { containerStatuses: [state("c", ended(exitCode))] });
    const now = pod(spec, { containerStatuses: [state("c", { running: {} })] });
    assert.deepEqual(texts(podKind.validateStatusUpdate!(now, old)), expected);
  });
}

const statuses: readonly [string, Partial<PodSpec>, PodStatus, PodStatus, readonly string[]][] = [
  [
    "its class",
    {},
    { qosClass: "Burstable" },
    { qosClass: "BestEffort" },
    ['status.qosClass: Invalid value: "BestEffort": field is immutable'],
  ],
  [
    "a nomination of a pod that is bound",
    { nodeName: "n" },
    {},
    { nominatedNodeName: "m" },
    ["status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node"],
  ],
  [
    "two addresses of a family",
    {},
    {},
    { podIPs: [{ ip: "10.0.0.1" }, { ip: "10.0.0.2" }] },
    [
      'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family',
    ],
  ],
  [
    "the host's addresses",
    {},
    {},
    { hostIP: "10.0.0.1", hostIPs: [{ ip: "10.0.0.2" }] },
    ['status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`'],
  ],
  [
    "claims of nobody",
    {},
    {},
    { resourceClaimStatuses: [{ name: "x" }] },
    [
      'status.resourceClaimStatuses[0].name: Invalid value: "x": must match the name of an entry in `spec.resourceClaims`',
    ],
  ],
  [
    "devices that nobody asked for",
    {},
    {},
    {
      extendedResourceClaimStatus: { requestMappings: [], resourceClaimName: "" },
      containerStatuses: [
        {
          ...state("c", { running: {} }),
          allocatedResourcesStatus: [
            {
              name: "gpu",
              resources: [
                { resourceID: "a", health: "Healthy" },
                { resourceID: "a", health: "Sick" },
              ],
            },
          ],
        },
      ],
    },
    [
      "status.extendedResourceClaimStatus.requestMappings: Required value: at least one request mapping is required",
      "status.extendedResourceClaimStatus.resourceClaimName: Required value",
      `status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: "gpu": must match one of the container's resource requests`,
      'status.containerStatuses[0].allocatedResourcesStatus[0].resources[1].health: Unsupported value: "Sick": supported values: "Healthy", "Unhealthy", "Unknown"',
      'status.containerStatuses[0].allocatedResourcesStatus[0].resources[1].resourceID: Duplicate value: "a"',
    ],
  ],
  [
    "claims and devices that say nothing",
    {},
    {},
    {
      extendedResourceClaimStatus: { requestMappings: [{}], resourceClaimName: "a" },
      containerStatuses: [{ ...state("c", { running: {} }), allocatedResourcesStatus: [{}] }],
    } as unknown as PodStatus,
    [
      'status.extendedResourceClaimStatus.requestMappings[0].containerName: Invalid value: "": must match the name of an entry in spec.initContainers.name or spec.containers.name',
      "status.extendedResourceClaimStatus.requestName: Invalid value: \"\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
      `status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: "": must match one of the container's resource requests`,
    ],
  ],
  [
    "users of Linux in a container",
    {},
    {},
    { containerStatuses: [{ ...state("c", { running: {} }), user: { linux: { uid: -1, gid: 0 } } }] },
    ["status.containerStatuses[0].user.linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive"],
  ],
  [
    "a generation that cannot be",
    {},
    {},
    { observedGeneration: -1 },
    ["status.observedGeneration: Invalid value: -1: must be a non-negative integer"],
  ],
];
for (const [name, spec, before, after, expected] of statuses) {
  test(`status: ${name}`, () => {
    assert.deepEqual(texts(podKind.validateStatusUpdate!(pod(spec, after), pod(spec, before))), expected);
  });
}

test("a writer that does not know of some fields of a status does not take them away", () => {
  const condition = { type: "Ready", status: "True" };
  const old = pod(
    {},
    { qosClass: "Burstable", observedGeneration: 2, conditions: [{ ...condition, observedGeneration: 2 }] },
  );
  const now = pod({}, { conditions: [condition] });
  podKind.prepareForStatusUpdate!(now, old);
  assert.deepEqual(now.status, old.status);
});

test("a static pod is neither resized nor given containers", () => {
  const old = pod();
  old.metadata!.annotations = { "kubernetes.io/config.mirror": "x" };
  assert.deepEqual(texts(validatePodResize(old, old, old)), ["[]: Forbidden: static pods cannot be resized"]);
  assert.deepEqual(texts(validateEphemeralContainersUpdate(old, old)), [
    "[]: Forbidden: static pods do not support ephemeral containers",
  ]);
});

test("a resize keeps the quality of service, and what has to stay stays", () => {
  const sized = (cpu: string) => ({ resources: { requests: { cpu } } });
  const old = pod({
    containers: [{ name: "c", image: "x", ...sized("1") }],
    initContainers: [{ name: "i", image: "x", ...sized("1") }],
  });
  old.status = { qosClass: "Burstable", containerStatuses: [state("c", { running: {} })] };
  const now = cloneJson(old);
  now.spec!.initContainers![0]!.resources = { requests: { cpu: "2" } };
  assert.deepEqual(texts(validatePodResize(now, old, now)), [
    "spec: Forbidden: Pod running on node without support for resize",
  ]);
  now.spec!.initContainers![0]!.resources = { requests: { cpu: "2", "ephemeral-storage": "1" } };
  old.status.containerStatuses = [];
  assert.deepEqual(texts(validatePodResize(now, old, now)), [
    "spec: Forbidden: only cpu and memory resources are mutable",
  ]);
});

test("a pod's first address has two names, of which the older counts", () => {
  const cases: [PodStatus, PodStatus][] = [
    [
      { podIPs: [{ ip: "10.0.0.7" }, { ip: "fd00::7" }] },
      { podIP: "10.0.0.7", podIPs: [{ ip: "10.0.0.7" }, { ip: "fd00::7" }] },
    ],
    [{ podIP: "10.0.0.7" }, { podIP: "10.0.0.7", podIPs: [{ ip: "10.0.0.7" }] }],
    [
      { podIP: "10.0.0.8", podIPs: [{ ip: "10.0.0.7" }] },
      { podIP: "10.0.0.8", podIPs: [{ ip: "10.0.0.8" }] },
    ],
    [{ phase: "Running" }, { phase: "Running" }],
  ];
  for (const [status, wanted] of cases) {
    const pod: Pod = { metadata: { name: "a" }, status };
    podKind.prepareForStatusUpdate!(pod, { metadata: { name: "a" } });
    assert.deepEqual(pod.status, wanted);
  }
});
