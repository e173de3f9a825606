import assert from "node:assert/strict";
import { test } from "node:test";
import { daemonSetKind } from "../apps/daemon-set.ts";
import { deploymentKind } from "../apps/deployment.ts";
import { statefulSetKind } from "../apps/stateful-set.ts";
import { cronJobKind } from "../batch/cron-job.ts";
import { jobKind } from "../batch/job.ts";
import type { Container, PodSpec, Volume } from "../generated/core/v1.ts";
import type { AnyObject } from "../meta.ts";
import { podKind } from "./pod.ts";
import { podTemplateKind } from "./pod-template-kind.ts";

/** Warnings by upstream's pkg/api/pod/warnings.go and the strategies of workloads. */

const pod = (spec: Partial<PodSpec>, annotations?: Record<string, string>, name = "a") => ({
  metadata: { name, ...(annotations && { annotations }) },
  spec: { containers: [{ name: "c", image: "x" }], ...spec },
});
const container = (fields: Partial<Container>): Partial<PodSpec> => ({
  containers: [{ name: "c", image: "x", ...fields }],
});
const volumes = (...list: Partial<Volume>[]): Partial<PodSpec> => ({
  volumes: list.map((volume) => ({ name: "v", ...volume })),
});
const NULL = "a null labelSelector results in matching no pod";

const cases: readonly [string, Partial<PodSpec>, readonly string[]][] = [
  ["nothing", {}, []],
  [
    "labels of nodes by their old names",
    {
      nodeSelector: { "beta.kubernetes.io/arch": "amd64" },
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: "beta.kubernetes.io/os", operator: "Exists" }] }],
          },
        },
      },
    },
    [
      'spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead',
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead',
    ],
  ],
  [
    "no pods to keep away from",
    {
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }],
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone" }] } },
    },
    [
      `spec.topologySpreadConstraints[0].labelSelector: ${NULL}`,
      `spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: ${NULL}`,
    ],
  ],
  [
    "volumes whose drivers are gone",
    volumes({ gitRepo: { repository: "r" } }, { rbd: { monitors: ["m"], image: "i" } }),
    [
      "spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
      "spec.volumes[1].rbd: deprecated in v1.28, non-functional in v1.31+",
    ],
  ],
  [
    "files in each other's place",
    volumes({
      configMap: {
        name: "c",
        items: [
          { key: "a", path: "d" },
          { key: "b", path: "d/e" },
        ],
      },
    }),
    ['volume "v" (ConfigMap "c"): overlapping paths: "d/e" with "d"'],
  ],
  [
    "files of several sources in each other's place, each pair",
    volumes({
      projected: {
        sources: [
          { clusterTrustBundle: { signerName: "a/b", path: "d/e" } },
          { configMap: { name: "c", items: [{ key: "k", path: "d/" }] } },
          { serviceAccountToken: { path: "d" } },
          { podCertificate: { signerName: "a/b", keyType: "ED25519", keyPath: "f", certificateChainPath: "f/g" } },
          {},
        ],
      },
    }),
    [
      'volume "v" (Projected) has no sources provided',
      'volume "v" (Projected): overlapping paths: "d" (ConfigMap "c") with "d/e" (ClusterTrustBundle "a/b")',
      'volume "v" (Projected): overlapping paths: "d" (ServiceAccountToken) with "d/e" (ClusterTrustBundle "a/b")',
      'volume "v" (Projected): overlapping paths: "d" (ServiceAccountToken) with "d" (ConfigMap "c")',
      'volume "v" (Projected): overlapping paths: "f" (PodCertificate key) with "f/g" (PodCertificate chain)',
    ],
  ],
  [
    "ports of the same name",
    {
      initContainers: [{ name: "i", image: "x", ports: [{ name: "web", containerPort: 80 }] }],
      ...container({ ports: [{ name: "web", containerPort: 81 }] }),
    },
    [
      'spec.containers[0].ports[0]: duplicate port name "web" with spec.initContainers[0].ports[0], services and probes that select ports by name will use spec.initContainers[0].ports[0]',
    ],
  ],
  [
    "secrets and names of hosts that come twice",
    {
      imagePullSecrets: [{ name: "s" }, { name: "s" }, {}],
      hostAliases: [{ ip: "10.0.0.1" }, { ip: "10.0.0.1" }],
    },
    [
      'spec.hostAliases[1].ip: duplicate ip "10.0.0.1"',
      'spec.imagePullSecrets[1].name: duplicate name "s"',
      'spec.imagePullSecrets[2].name: invalid empty name ""',
    ],
  ],
  [
    "parts of a byte",
    container({ resources: { requests: { memory: "100m" } } }),
    ['spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer'],
  ],
  [
    "a variable that hides one",
    container({
      env: [
        { name: "A", value: "1" },
        { name: "A", value: "2" },
        { name: "A", value: "$(A)3" },
      ],
    }),
    ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
  ],
  [
    "ports that are in each other's way",
    {
      containers: [
        { name: "c", image: "x", ports: [{ containerPort: 80, protocol: "TCP", hostIP: "10.0.0.1" }] },
        {
          name: "d",
          image: "x",
          ports: [
            { containerPort: 80, protocol: "TCP", hostPort: 8080 },
            { containerPort: 80, protocol: "TCP", hostPort: 8080, hostIP: "10.0.0.1" },
          ],
        },
      ],
    },
    [
      "spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:10.0.0.1}",
      "spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[0]",
      "spec.containers[1].ports[1]: overlapping port definition with spec.containers[0].ports[0]",
      "spec.containers[1].ports[1]: dangerously ambiguous port definition with spec.containers[1].ports[0]",
    ],
  ],
  [
    "less than no time to end",
    { terminationGracePeriodSeconds: -1 },
    ["spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"],
  ],
];
for (const [name, spec, expected] of cases) {
  test(`warned of: ${name}`, () => assert.deepEqual(podKind.warnings!(pod(spec)), expected));
}

test("of annotations whose place fields have taken", () => {
  const annotations = {
    "scheduler.alpha.kubernetes.io/critical-pod": "",
    "seccomp.security.alpha.kubernetes.io/pod": "unconfined",
    "container.apparmor.security.beta.kubernetes.io/c": "unconfined",
  };
  const all = (at: string) => [
    `${at}[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead`,
    `${at}[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead`,
    `${at}[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead`,
  ];
  const made = pod({}, annotations);
  podKind.prepareForCreate!(made);
  assert.deepEqual(podKind.warnings!(made), all("metadata.annotations"));
  const [same, windows] = [
    { securityContext: { appArmorProfile: { type: "Unconfined" } } },
    { os: { name: "windows" } },
  ].map((spec) => {
    const other = pod(spec, annotations);
    podKind.prepareForCreate!(other);
    return podKind.warnings!(other).filter((each) => each.includes("apparmor"));
  });
  assert.deepEqual([same, windows], [[], []], "the pod's own profile says it, or there are none");
  assert.deepEqual(podTemplateKind.warnings!({ template: pod({}, annotations) } as AnyObject), [
    ...all("template.metadata.annotations"),
  ]);
});

const grace = "must be >= 0; negative values are invalid and will be treated as 1";
const template = pod({ terminationGracePeriodSeconds: -1 });
const workload = (name: string, spec: object, generation = 1): AnyObject =>
  ({ metadata: { name, generation }, spec }) as unknown as AnyObject;

test("a workload's name and template are looked at when it is new, its template when it changes", () => {
  const label =
    /^metadata\.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: \[must not contain dots\]$/;
  const [first, second] = deploymentKind.warnings!(workload("a.b", { template }));
  assert.match(first!, label);
  assert.equal(second, `spec.template.spec.terminationGracePeriodSeconds: ${grace}`);
  const [old, same, changed] = [1, 1, 2].map((generation) => workload("a.b", { template }, generation));
  assert.deepEqual(deploymentKind.warnings!(same!, old!), []);
  assert.deepEqual(deploymentKind.warnings!(changed!, old!), [second]);
  assert.deepEqual(
    daemonSetKind.warnings!(changed!, old!),
    [],
    "a daemon set counts the changes of its template alone",
  );
  assert.deepEqual(jobKind.warnings!(workload("a", { template })), [second]);
  assert.deepEqual(cronJobKind.warnings!(workload("a", { jobTemplate: { spec: { template } } })), [
    `spec.jobTemplate.spec.template.spec.terminationGracePeriodSeconds: ${grace}`,
  ]);
});

test("addresses that a kubelet writes oddly", () => {
  const status = { podIPs: [{ ip: "10.0.0.7" }, { ip: "FD00::7" }], hostIPs: [{ ip: "010.0.0.1" }] };
  assert.deepEqual(podKind.statusWarnings!({ status } as AnyObject), [
    'status.podIPs[1].ip: IPv6 address "FD00::7" should be in RFC 5952 canonical format ("fd00::7")',
    'status.hostIPs[0].ip: non-standard IP address "010.0.0.1" will be considered invalid in a future Kubernetes release: use "10.0.0.1"',
  ]);
});

test("an indexed job may be too big to keep count of", () => {
  const many = { completionMode: "Indexed", completions: 100_001, parallelism: 10_001 };
  const [told] = jobKind.warnings!(workload("a", many));
  assert.match(
    told!,
    /^spec: In Indexed Jobs with a number of completions higher than 10\^5 and a parallelism higher than 10\^4, /,
  );
  assert.deepEqual(jobKind.warnings!(workload("a", { ...many, parallelism: 10_000 })), []);
});

test("what is unwise in a stateful set", () => {
  const claim = { spec: { resources: { requests: { storage: "100m" } } } };
  const spec = { template: pod({}), revisionHistoryLimit: -1, volumeClaimTemplates: [claim] };
  assert.deepEqual(statefulSetKind.warnings!(workload("a", spec)), [
    'spec.volumeClaimTemplates[0].resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer',
    "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
  ]);
  const [again] = statefulSetKind.warnings!(workload("a", spec), workload("a", spec));
  assert.match(again!, /^spec\.volumeClaimTemplates\[0\]\.Spec\.resources\.requests\[storage\]: /);
});

test("a time zone that stays in a schedule", () => {
  const cronJob = workload("a", { schedule: "TZ=UTC 0 * * * *", jobTemplate: { spec: { template: pod({}) } } });
  const [told] = cronJobKind.warnings!(cronJob, cronJob);
  assert.match(told!, /^cannot use TZ or CRON_TZ in spec\.spec\.schedule, use timeZone instead, see https:/);
});
