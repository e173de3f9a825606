import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod, PodSpec, PodStatus } from "../generated/core/v1.ts";
import { cloneJson } from "../patch/json-value.ts";
import { podKind } from "./pod.ts";
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
    [
      "metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation",
      'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "": must set spec.nodeName if mirror pod annotation is set',
    ],
  ],
  [
    "an image that goes, and one with space around it",
    {
      containers: [
        { name: "c", image: "x" },
        { name: "d", image: "x" },
      ],
    },
    ({ spec }) =>
      Object.assign(spec!, {
        containers: spec!.containers.map((each, index) => ({ ...each, image: index === 0 ? "" : " x" })),
      }),
    [
      "spec.containers[0].image: Required value",
      'spec.containers[1].image: Invalid value: " x": must not have leading or trailing whitespace',
    ],
  ],
  [
    "a toleration that makes no sense",
    {},
    ({ spec }) => (spec!.tolerations = [{ operator: "Equal" }]),
    [
      'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
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
    "a nomination that was wrong before, of a pod that is bound",
    { nodeName: "n" },
    { nominatedNodeName: "-" },
    { nominatedNodeName: "-" },
    [],
  ],
  [
    "the name of a claim",
    { resourceClaims: [{ name: "x", resourceClaimTemplateName: "t" }] },
    {},
    { resourceClaimStatuses: [{ name: "x", resourceClaimName: "" }] },
    [
      "status.resourceClaimStatuses[0].resourceClaimName: Invalid value: \"\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
  ],
  [
    "what is said of devices, and devices of a container for a look",
    { containers: [{ name: "c", image: "x", resources: { limits: { gpu: "1" } } }] },
    {},
    {
      containerStatuses: [
        {
          ...state("c", { running: {} }),
          allocatedResourcesStatus: [
            {
              name: "gpu",
              resources: [
                { resourceID: "a", health: "Healthy", message: "" },
                { resourceID: "b", health: "Healthy", message: "x".repeat(1025) },
              ],
            },
          ],
        },
      ],
      ephemeralContainerStatuses: [{ ...state("e", { running: {} }), allocatedResourcesStatus: [{ name: "gpu" }] }],
    },
    [
      "status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].message: Required value: must be non-empty if specified",
      "status.containerStatuses[0].allocatedResourcesStatus[0].resources[1].message: Too long: may not be more than 1024 bytes",
      "status.ephemeralContainerStatuses[0].allocatedResourcesStatus: Forbidden: must not be specified in container status",
    ],
  ],
  [
    "a status in the list of other containers",
    { restartPolicy: "Always", initContainers: [{ name: "i", image: "x" }] },
    { containerStatuses: [state("i", ended(0))] },
    { containerStatuses: [state("i", { running: {} })] },
    [STATE],
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

test("a static pod is given no containers", () => {
  const old = pod();
  old.metadata!.annotations = { "kubernetes.io/config.mirror": "x" };
  assert.deepEqual(texts(validateEphemeralContainersUpdate(old, old)), [
    "[]: Forbidden: static pods do not support ephemeral containers",
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

test("an ephemeral container neither goes nor changes", () => {
  const looks = (...list: { name: string; image: string }[]) => pod({ ephemeralContainers: list });
  const old = looks({ name: "a", image: "x" }, { name: "b", image: "x" });
  const now = looks({ name: "b", image: "y" }, { name: "c", image: "x" });
  const [gone, changed, ...more] = texts(validateEphemeralContainersUpdate(now, old));
  const field = "spec.ephemeralContainers: Forbidden: existing ephemeral containers";
  assert.equal(gone, `${field} "a" may not be removed\n`);
  assert.ok(changed?.startsWith(`${field} "b" may not be changed\n`), changed);
  assert.deepEqual(more, []);
});
