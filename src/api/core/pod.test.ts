import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod, PodSpec, PodStatus } from "../generated/core/v1.ts";
import { tableOf } from "../table.ts";
import { podKind } from "./pod.ts";
import { qualityOfService } from "./pod-quality.ts";

function pod(spec: Partial<PodSpec> = {}, status: PodStatus = {}): Pod {
  const made: Pod = {
    metadata: { name: "a", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: { containers: [{ name: "c", image: "nginx" }], ...structuredClone(spec) },
    status,
  };
  podKind.setDefaults!(made);
  return made;
}
const container = (fields: Partial<Container>): Partial<PodSpec> => ({
  containers: [{ name: "c", image: "nginx", ...fields }],
});

test("defaults are upstream's", () => {
  const made = pod(
    container({
      ports: [{ containerPort: 80 }],
      resources: { limits: { cpu: "1000m", memory: "0.5Gi" } },
      readinessProbe: { httpGet: { port: 80 } },
    }),
  );
  podKind.prepareForCreate!(made);
  assert.deepEqual(made.spec, {
    containers: [
      {
        name: "c",
        image: "nginx",
        imagePullPolicy: "Always",
        ports: [{ containerPort: 80, protocol: "TCP" }],
        readinessProbe: {
          httpGet: { path: "/", port: 80, scheme: "HTTP" },
          failureThreshold: 3,
          periodSeconds: 10,
          successThreshold: 1,
          timeoutSeconds: 1,
        },
        resources: { limits: { cpu: "1", memory: "512Mi" }, requests: { cpu: "1", memory: "512Mi" } },
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
      },
    ],
    dnsPolicy: "ClusterFirst",
    enableServiceLinks: true,
    restartPolicy: "Always",
    schedulerName: "default-scheduler",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  });
  assert.deepEqual(made.status, { phase: "Pending", qosClass: "Guaranteed" });
  const before = structuredClone(made);
  podKind.setDefaults!(made);
  assert.deepEqual(made, before, "defaults are idempotent");
});

const pullPolicies: readonly [string, string][] = [
  ["nginx", "Always"],
  ["nginx:latest", "Always"],
  ["nginx:1.27", "IfNotPresent"],
  ["registry:5000/nginx", "Always"],
  ["registry:5000/nginx:1", "IfNotPresent"],
  [`nginx@sha256:${"a".repeat(64)}`, "IfNotPresent"],
];
for (const [image, policy] of pullPolicies) {
  test(`${image} is pulled ${policy}`, () => {
    assert.equal(pod(container({ image })).spec!.containers[0]!.imagePullPolicy, policy);
  });
}

const wrong: readonly [string, Partial<PodSpec>, string][] = [
  ["no containers", { containers: [] }, "spec.containers: Required value"],
  ["no image", container({ image: "" }), "spec.containers[0].image: Required value"],
  [
    "image with spaces",
    container({ image: " nginx" }),
    'spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace',
  ],
  [
    "two containers of one name",
    {
      containers: [
        { name: "c", image: "a" },
        { name: "c", image: "b" },
      ],
    },
    'spec.containers[1].name: Duplicate value: "c"',
  ],
  [
    "port out of range",
    container({ ports: [{ containerPort: 70000 }] }),
    "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
  ],
  [
    "protocol",
    container({ ports: [{ containerPort: 80, protocol: "HTTP" }] }),
    'spec.containers[0].ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
  ],
  [
    "mount of no volume",
    container({ volumeMounts: [{ name: "v", mountPath: "/v" }] }),
    'spec.containers[0].volumeMounts[0].name: Not found: "v"',
  ],
  [
    "request above limit",
    container({ resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }),
    'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ],
  [
    "unknown resource",
    container({ resources: { limits: { gold: "1" }, requests: { gold: "1" } } }),
    'spec.containers[0].resources.limits[gold]: Invalid value: "gold": must be a standard resource type or fully qualified',
  ],
  [
    "probe without handler",
    container({ livenessProbe: {} }),
    "spec.containers[0].livenessProbe: Required value: must specify a handler type",
  ],
  [
    "liveness with many successes",
    container({ livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 } }),
    "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
  ],
  [
    "environment from nothing",
    container({ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "spec.colour" } } }] }),
    'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.colour": error converting fieldPath: field label not supported: spec.colour',
  ],
  [
    "restart policy",
    { restartPolicy: "Sometimes" },
    'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
  ],
  [
    "two sources of a volume",
    { volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/x" } }] },
    "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
  ],
  ["volume without a name", { volumes: [{ name: "", emptyDir: {} }] }, "spec.volumes[0].name: Required value"],
  [
    "toleration without key",
    { tolerations: [{ operator: "Equal" }] },
    'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
  ],
  [
    "affinity weight",
    {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, preference: {} }],
        },
      },
    },
    "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100",
  ],
  [
    "skew",
    { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }] },
    "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
  ],
  [
    "probe of an init container",
    { initContainers: [{ name: "i", image: "x", livenessProbe: { tcpSocket: { port: 1 } } }] },
    "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
  ],
  [
    "privileged without escalation",
    container({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
    'spec.containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
  ],
];
for (const [name, spec, expected] of wrong) {
  test(`refused: ${name}`, () => {
    const errors = podKind.validate!(pod(spec)).map((error) => `${error.field}: ${error.message}`);
    assert.ok(errors.includes(expected), `expected ${expected}\ngot ${errors.join("\n")}`);
  });
}

test("a full pod is valid", () => {
  const made = pod({
    serviceAccountName: "default",
    hostname: "a",
    nodeSelector: { disk: "ssd" },
    tolerations: [{ operator: "Exists" }],
    volumes: [
      { name: "config", configMap: { name: "c", items: [{ key: "a", path: "b/c" }] } },
      { name: "token", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
    ],
    ...container({
      env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }],
      envFrom: [{ configMapRef: { name: "c" } }],
      volumeMounts: [{ name: "config", mountPath: "/c" }],
      lifecycle: { preStop: { sleep: { seconds: 3 } } },
    }),
  });
  assert.deepEqual(podKind.validate!(made), []);
});

test("updates may change images and little else", () => {
  const old = pod();
  const changed = (change: (spec: PodSpec) => void): string[] => {
    const draft = structuredClone(old);
    change(draft.spec!);
    return podKind.validateUpdate!(draft, old).map((error) => `${error.field}: ${error.message}`);
  };
  assert.deepEqual(
    changed((spec) => (spec.containers[0]!.image = "nginx:2")),
    [],
  );
  assert.deepEqual(
    changed((spec) => (spec.tolerations = [{ operator: "Exists" }])),
    [],
  );
  assert.deepEqual(
    changed((spec) => (spec.activeDeadlineSeconds = 5)),
    [],
  );
  assert.match(
    changed((spec) => (spec.hostname = "b"))[0]!,
    /^spec: Forbidden: pod updates may not change fields other than/,
  );
  assert.deepEqual(
    changed((spec) => spec.containers.push({ name: "d", image: "x" })),
    ["spec.containers: Forbidden: pod updates may not add or remove containers"],
  );
});

const qualities: readonly [string, Partial<PodSpec>, string][] = [
  ["nothing", {}, "BestEffort"],
  ["a request", container({ resources: { requests: { cpu: "1" } } }), "Burstable"],
  ["limits of one resource", container({ resources: { limits: { cpu: "1" } } }), "Burstable"],
  ["limits of both", container({ resources: { limits: { cpu: "1", memory: "1Gi" } } }), "Guaranteed"],
  [
    "one container without",
    {
      containers: [
        { name: "a", image: "x", resources: { limits: { cpu: "1", memory: "1" } } },
        { name: "b", image: "x" },
      ],
    },
    "Burstable",
  ],
];
for (const [name, spec, expected] of qualities) {
  test(`${name} gives ${expected}`, () => assert.equal(qualityOfService(pod(spec).spec!), expected));
}

const ended = { exitCode: 1, reason: "Error", finishedAt: "2026-01-01T00:00:00Z" };
const summaries: readonly [string, Pod, readonly string[]][] = [
  ["pending", pod({}, { phase: "Pending" }), ["0/1", "Pending", "0"]],
  [
    "creating",
    pod({}, { phase: "Pending", containerStatuses: [status({ waiting: { reason: "ContainerCreating" } })] }),
    ["0/1", "ContainerCreating", "0"],
  ],
  [
    "running",
    pod({}, { phase: "Running", containerStatuses: [{ ...status({ running: {} }), ready: true }] }),
    ["1/1", "Running", "0"],
  ],
  [
    "crash loop",
    pod(
      {},
      {
        phase: "Running",
        containerStatuses: [
          { ...status({ waiting: { reason: "CrashLoopBackOff" } }), restartCount: 4, lastState: { terminated: ended } },
        ],
      },
    ),
    ["0/1", "CrashLoopBackOff", "4 (5m ago)"],
  ],
  [
    "initializing",
    pod(
      {
        initContainers: [
          { name: "i", image: "x" },
          { name: "j", image: "x" },
        ],
      },
      {
        phase: "Pending",
        initContainerStatuses: [
          { ...status({ terminated: { exitCode: 0 } }), name: "i" },
          { ...status({ running: {} }), name: "j" },
        ],
      },
    ),
    ["0/1", "Init:1/2", "0"],
  ],
  [
    "init error",
    pod(
      { initContainers: [{ name: "i", image: "x" }] },
      { phase: "Pending", initContainerStatuses: [{ ...status({ terminated: ended }), name: "i" }] },
    ),
    ["0/1", "Init:Error", "0"],
  ],
  [
    "sidecar",
    pod(
      { initContainers: [{ name: "i", image: "x", restartPolicy: "Always" }] },
      {
        phase: "Running",
        initContainerStatuses: [{ ...status({ running: {} }), name: "i", started: true, ready: true }],
        containerStatuses: [{ ...status({ running: {} }), ready: true }],
      },
    ),
    ["2/2", "Running", "0"],
  ],
  [
    "completed",
    pod({}, { phase: "Succeeded", containerStatuses: [status({ terminated: { exitCode: 0, reason: "Completed" } })] }),
    ["0/1", "Completed", "0"],
  ],
  [
    "exit code",
    pod({}, { phase: "Failed", containerStatuses: [status({ terminated: { exitCode: 3 } })] }),
    ["0/1", "ExitCode:3", "0"],
  ],
  [
    "gated",
    pod({}, { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }] }),
    ["0/1", "SchedulingGated", "0"],
  ],
  ["evicted", pod({}, { phase: "Failed", reason: "Evicted" }), ["0/1", "Evicted", "0"]],
  ["terminating", deleted(pod({}, { phase: "Running" })), ["0/1", "Terminating", "0"]],
  ["lost", deleted(pod({}, { phase: "Running", reason: "NodeLost" })), ["0/1", "Unknown", "0"]],
];
for (const [name, object, expected] of summaries) {
  test(`kubectl shows a pod that is ${name}`, () => {
    const table = tableOf(podKind, [object], { nowMs: Date.UTC(2026, 0, 1, 0, 5) });
    assert.deepEqual(table.rows[0]!.cells.slice(0, 5), ["a", ...expected, "5m"]);
    assert.deepEqual(table.rows[0]!.cells.slice(5), ["<none>", "<none>", "<none>", "<none>"]);
  });
}

function status(state: object) {
  return { name: "c", image: "x", imageID: "", ready: false, restartCount: 0, state };
}

function deleted(object: Pod): Pod {
  object.metadata!.deletionTimestamp = "2026-01-01T00:00:00Z";
  return object;
}

test("rows of pods that have ended say so", () => {
  const rows = ["Running", "Succeeded", "Failed"].map(
    (phase) => tableOf(podKind, [pod({}, { phase })], { nowMs: 0 }).rows[0]!.conditions,
  );
  const ended = (reason: string, message: string) => [{ type: "Completed", status: "True", reason, message }];
  assert.deepEqual(rows, [
    undefined,
    ended("Succeeded", "The pod has completed successfully."),
    ended("Failed", "The pod failed."),
  ]);
});
