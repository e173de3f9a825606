import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Pod, PodSpec, Volume } from "../generated/core/v1.ts";
import { podKind } from "./pod.ts";

/** Rules of a pod's spec by upstream's validation, each with its reason, its path, its bad value and its text. */

function check(spec: Partial<PodSpec>): string[] {
  const pod: Pod = {
    metadata: { name: "a", namespace: "default" },
    spec: { containers: [{ name: "c", image: "nginx" }], serviceAccountName: "default", ...structuredClone(spec) },
  };
  podKind.setDefaults!(pod);
  return [...podKind.validate!(pod), ...podKind.validateCreate!(pod)].map(
    ({ field, message }) => `${field}: ${message}`,
  );
}
const container = (fields: Partial<Container>): Partial<PodSpec> => ({
  containers: [{ name: "c", image: "nginx", ...fields }],
});
const volumes = (...list: Partial<Volume>[]): Partial<PodSpec> => ({
  volumes: list.map((volume, index) => ({ name: `v${index}`, ...volume })),
});
const mounted = (mount: object, volume: Partial<Volume> = { emptyDir: {} }): Partial<PodSpec> => ({
  ...volumes(volume),
  ...container({ volumeMounts: [{ name: "v0", mountPath: "/v", ...mount }] }),
});
const env = (valueFrom: object): Partial<PodSpec> => container({ env: [{ name: "A", valueFrom }] });
const V = "spec.volumes[0]";
const C = "spec.containers[0]";

const cases: readonly [string, Partial<PodSpec>, readonly string[]][] = [
  [
    "the order of sources does not depend on the client",
    volumes({ secret: { secretName: "s" }, emptyDir: {} }),
    [`${V}.secret: Forbidden: may not specify more than 1 volume type`],
  ],
  [
    "a host path's type",
    volumes({ hostPath: { path: "/a/../b", type: "Pipe" } }),
    [
      `${V}.hostPath.path: Invalid value: "/a/../b": must not contain '..'`,
      `${V}.hostPath.type: Unsupported value: "Pipe": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"`,
    ],
  ],
  [
    "a relative nfs path",
    volumes({ nfs: { server: "a", path: "b" } }),
    [`${V}.nfs.path: Invalid value: "b": must be an absolute path`],
  ],
  [
    "a fibre channel without targets",
    volumes({ fc: {} }),
    [`${V}.fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both`],
  ],
  [
    "a partition",
    volumes({ gcePersistentDisk: { pdName: "a", partition: 300 } }),
    [`${V}.persistentDisk.partition: Invalid value: 300: must be between 1 and 255, inclusive`],
  ],
  [
    "options of a flex volume",
    volumes({ flexVolume: { driver: "a", options: { "x.k8s.io/a": "b" } } }),
    [
      `${V}.flexVolume.options[x.k8s.io/a]: Invalid value: "x.k8s.io/a": kubernetes.io and k8s.io namespaces are reserved`,
    ],
  ],
  [
    "a flocker data set",
    volumes({ flocker: {} }),
    [`${V}.flocker: Required value: one of datasetName and datasetUUID is required`],
  ],
  [
    "a managed disk",
    volumes({ azureDisk: { diskName: "a", diskURI: "https://a", kind: "Managed" } }),
    [
      `${V}.azureDisk.diskURI: Unsupported value: "https://a": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"`,
    ],
  ],
  [
    "a path that only looks like climbing",
    volumes({ secret: { secretName: "s", items: [{ key: "k", path: "..a" }] } }),
    [`${V}.secret.items[0].path: Invalid value: "..a": must not start with '..'`],
  ],
  [
    "projected paths that meet",
    volumes({
      projected: {
        sources: [
          { secret: { name: "s", items: [{ key: "k", path: "p" }] } },
          { configMap: { name: "c", items: [{ key: "k", path: "p" }] } },
        ],
      },
    }),
    [`${V}.projected: Invalid value: "c": conflicting duplicate paths`],
  ],
  [
    "a projection from two sources",
    volumes({ projected: { sources: [{ secret: { name: "s" }, configMap: { name: "c" } }] } }),
    [`${V}.projected.sources[0]: Forbidden: may not specify more than 1 volume type per source`],
  ],
  [
    "a claim that belongs to an ephemeral volume",
    volumes(
      {
        ephemeral: {
          volumeClaimTemplate: {
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        },
      },
      { persistentVolumeClaim: { claimName: "a-v0" } },
    ),
    [
      `spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: "a-v0": must not reference a PVC that gets created for an ephemeral volume`,
    ],
  ],
  [
    "a mount without a name",
    mounted({ name: "" }),
    [`${C}.volumeMounts[0].name: Required value`, `${C}.volumeMounts[0].name: Not found: ""`],
  ],
  [
    "a mount of a volume that is wrong",
    { ...mounted({}), ...volumes({ nfs: { server: "", path: "/a" } }) },
    [`${V}.nfs.server: Required value`, `${C}.volumeMounts[0].name: Not found: "v0"`],
  ],
  [
    "a sub path has no index",
    mounted({ subPath: "/a" }),
    [`${C}.volumeMounts.subPath: Invalid value: "/a": must be a relative path`],
  ],
  [
    "recursive read only",
    mounted({ recursiveReadOnly: "Enabled", mountPropagation: "HostToContainer" }),
    [
      `${C}.volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true`,
      `${C}.volumeMounts.recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified`,
    ],
  ],
  [
    "block mode of a file volume",
    { ...volumes({ emptyDir: {} }), ...container({ volumeDevices: [{ name: "v0", devicePath: "/a/../b" }] }) },
    [
      `${C}.volumeDevices[0].name: Invalid value: "v0": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode`,
      `${C}.volumeDevices[0].devicePath: Invalid value: "/a/../b": can not contain backsteps ('..')`,
    ],
  ],
  [
    "a secret key reference without a secret",
    env({ secretKeyRef: { key: "k" } }),
    [
      `${C}.env[0].valueFrom.secretKeyRef.name: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ],
  ],
  [
    "a divisor",
    env({ resourceFieldRef: { resource: "limits.cpu", divisor: "2" } }),
    [
      `${C}.env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`,
    ],
  ],
  [
    "a file in no volume",
    env({ fileKeyRef: { volumeName: "v", path: "p", key: "K" } }),
    [`${C}.env[0].valueFrom.fileKeyRef.volumeName: Not found: "v"`],
  ],
  [
    "a claim that the pod does not have",
    container({ resources: { claims: [{ name: "x" }] } }),
    [`${C}.resources.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims which is empty`],
  ],
  [
    "two names of a claim",
    { resourceClaims: [{ name: "x" }] },
    [
      `spec.resourceClaims[0]: Invalid value: {"Name":"x","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: \`resourceClaimName\`, \`resourceClaimTemplateName\``,
    ],
  ],
  [
    "huge pages come in whole ones",
    container({ resources: { limits: { cpu: "1", "hugepages-2Mi": "3Mi" } } }),
    [
      `${C}.resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
      `${C}.resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
    ],
  ],
  [
    "a pod that asks for less than its containers",
    { resources: { requests: { cpu: "1" } }, ...container({ resources: { requests: { cpu: "2" } } }) },
    [
      `spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2`,
    ],
  ],
  [
    "a pod's own storage",
    { resources: { limits: { "ephemeral-storage": "1" } } },
    [
      `spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"`,
    ],
  ],
  [
    "ports in the host's network",
    { hostNetwork: true, ...container({ ports: [{ containerPort: 80, hostPort: 81 }] }) },
    [`${C}.ports[0].hostPort: Invalid value: 81: must match \`containerPort\` when \`hostNetwork\` is true`],
  ],
  [
    "a port of the host twice",
    container({
      ports: [
        { containerPort: 80, hostPort: 80 },
        { containerPort: 81, hostPort: 80 },
      ],
    }),
    [`${C}.ports[1].hostPort: Duplicate value: "TCP//80"`],
  ],
  [
    "restart rules without a policy",
    container({ restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "Eq" } }] }),
    [
      `${C}.restartPolicy: Required value: must specify restartPolicy when restart rules are used`,
      `${C}.restartPolicyRules[0].exitCodes.operator: Unsupported value: "Eq": supported values: "In", "NotIn"`,
    ],
  ],
  [
    "restarts by a resize of a pod that never restarts",
    {
      restartPolicy: "Never",
      ...container({ resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] }),
    },
    [
      `${C}.resizePolicy: Invalid value: "RestartContainer": must be 'NotRequired' when pod \`restartPolicy\` is 'Never'`,
    ],
  ],
  [
    "own users and the host's network",
    { hostUsers: false, hostNetwork: true },
    ["spec.hostNetwork: Forbidden: when `hostUsers` is false"],
  ],
  [
    "kernel settings of the host's network",
    { hostNetwork: true, securityContext: { sysctls: [{ name: "net/ipv4/ip_forward", value: "1" }] } },
    [
      `spec.securityContext.sysctls[0].name: Invalid value: "net/ipv4/ip_forward": may not be specified when 'hostNetwork' is true`,
    ],
  ],
  [
    "a profile of the wrong type",
    { securityContext: { seccompProfile: { type: "RuntimeDefault", localhostProfile: "a" } } },
    [
      `spec.securityContext.seccompProfile.localhostProfile: Invalid value: {"Type":"RuntimeDefault","LocalhostProfile":"a"}: can only be set when seccomp type is Localhost`,
    ],
  ],
  [
    "Windows on Linux",
    { os: { name: "linux" }, securityContext: { windowsOptions: { runAsUserName: "a\\b\\c" } } },
    [
      `spec.securityContext.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash`,
      "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod",
    ],
  ],
  [
    "Linux on Windows",
    { os: { name: "windows" }, hostPID: true, ...container({ securityContext: { privileged: true } }) },
    [
      "spec.hostPID: Forbidden: cannot be set for a windows pod",
      `${C}.securityContext.privileged: Forbidden: cannot be set for a windows pod`,
    ],
  ],
  [
    "one host process among others",
    {
      containers: [
        { name: "a", image: "x", securityContext: { windowsOptions: { hostProcess: true } } },
        { name: "b", image: "x" },
      ],
    },
    [
      'spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers',
      "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers",
    ],
  ],
  [
    "name servers",
    { dnsPolicy: "None" },
    ["spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
  ],
  [
    "a dns policy",
    { dnsPolicy: "First" },
    [
      'spec.dnsPolicy: Unsupported value: "First": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
    ],
  ],
  [
    "constraints that are alike",
    {
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway", minDomains: 2 },
        { maxSkew: 2, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway" },
      ],
    },
    [
      'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, ScheduleAnyway}"',
      "spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway",
    ],
  ],
  [
    "keys of labels without a selector",
    {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone", matchLabelKeys: ["a b"] }],
        },
      },
    },
    [
      "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
    ],
  ],
  [
    "a toleration's effect",
    { tolerations: [{ operator: "Exists", effect: "Never" }] },
    [
      'spec.tolerations[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  ],
  [
    "preemption",
    { preemptionPolicy: "Always" },
    ['spec.preemptionPolicy: Unsupported value: "Always": supported values: "PreemptLowerPriority", "Never"'],
  ],
  [
    "a token of nobody",
    { serviceAccountName: "", ...volumes({ projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }) },
    [
      `${V}.projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set`,
    ],
  ],
  [
    "what ephemeral containers may not have",
    { ephemeralContainers: [{ name: "e", image: "x", restartPolicy: "Always", ports: [{ containerPort: 1 }] }] },
    [
      "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
      "spec.ephemeralContainers[0].restartPolicy: Forbidden: cannot be set for an Ephemeral Container",
      "spec.ephemeralContainers: Forbidden: cannot be set on create",
    ],
  ],
];
for (const [name, spec, expected] of cases) {
  test(`refused: ${name}`, () => assert.deepEqual(check(spec), expected));
}

const allowed: readonly [string, Partial<PodSpec>][] = [
  ["no grace at all", { terminationGracePeriodSeconds: -1 }],
  ["pull secrets without a name", { imagePullSecrets: [{}] }],
  ["all of the search path", { dnsConfig: { searches: [".", "_a._b."] } }],
  [
    "a path with dots in front that climbs nowhere",
    volumes({ configMap: { name: "c", items: [{ key: "a/b", path: "p" }] } }),
  ],
  [
    "any value in a preferred term",
    {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, preference: { matchExpressions: [{ key: "a", operator: "In", values: ["not a label!"] }] } },
          ],
        },
      },
    },
  ],
];
for (const [name, spec] of allowed) {
  test(`allowed: ${name}`, () => assert.deepEqual(check(spec), []));
}
