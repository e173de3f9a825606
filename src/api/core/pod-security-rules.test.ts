import assert from "node:assert/strict";
import { test } from "node:test";
import { oneContainer, type PodDraft, podErrors, templateErrors } from "../testing/pod-errors.ts";

/** Rules of what a pod may do on its host: users, names, profiles, operating systems, tolerations. */

const DEVICE = { volumeDevices: [{ name: "v", devicePath: "/dev/v" }] };
const VOLUME = { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "v" } }] };
const S = "spec.securityContext";
const SECCOMP = "seccomp.security.alpha.kubernetes.io/pod";
const ARMOR = "container.apparmor.security.beta.kubernetes.io/c";
const longName = "a".repeat(65);

const cases: readonly [string, PodDraft, readonly string[]][] = [
  [
    "own users beside namespaces of the host",
    { hostUsers: false, hostNetwork: true, hostPID: true, hostIPC: true },
    ["hostNetwork", "HostPID", "HostIPC"].map((key) => `spec.${key}: Forbidden: when \`hostUsers\` is false`),
  ],
  [
    "own users beside devices of the host",
    {
      hostUsers: false,
      ...VOLUME,
      ...oneContainer(DEVICE),
      initContainers: [{ name: "i", image: "nginx", ...DEVICE }],
    },
    ["initContainers", "containers"].map(
      (list) => `spec.${list}[0].volumeDevices: Forbidden: when \`hostUsers\` is false`,
    ),
  ],
  [
    "a host name over all others, told before names",
    { hostnameOverride: longName, hostNetwork: true, setHostnameAsFQDN: true, hostname: "-" },
    [
      "spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true",
      "spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true",
      "spec.hostnameOverride: Too long: may not be more than 64 bytes",
      `spec.hostname: Invalid value: "-": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
    ],
  ],
  [
    "tolerations that compare",
    {
      tolerations: [
        { key: "a", operator: "Gt", value: "1" },
        { key: "a", operator: "Like", value: "1" },
      ],
    },
    [
      'spec.tolerations[0].operator: Unsupported value: "Gt": supported values: "Equal", "Exists", "Lt", "Gt"',
      'spec.tolerations[1].operator: Unsupported value: "Like": supported values: "Equal", "Exists"',
    ],
  ],
  [
    "volumes relabelled by a mount option",
    { securityContext: { seLinuxChangePolicy: "MountOption" } },
    [`${S}.seLinuxChangePolicy: Unsupported value: "MountOption": supported values: "Recursive"`],
  ],
  [
    "policies around profiles",
    {
      securityContext: {
        supplementalGroupsPolicy: "x",
        fsGroupChangePolicy: "x",
        seccompProfile: { type: "" },
      },
    },
    [
      `${S}.fsGroupChangePolicy: Unsupported value: "x": supported values: "Always", "OnRootMismatch"`,
      `${S}.seccompProfile.type: Required value: type is required when seccompProfile is set`,
      `${S}.supplementalGroupsPolicy: Unsupported value: "x": supported values: "Merge", "Strict"`,
    ],
  ],
  [
    "what Windows does not have",
    {
      os: { name: "windows" },
      hostUsers: true,
      shareProcessNamespace: false,
      securityContext: { seccompProfile: { type: "Unconfined" }, runAsUser: 1, seLinuxOptions: {} },
    },
    [
      `${S}.seLinuxOptions`,
      "spec.hostUsers",
      `${S}.seccompProfile`,
      "spec.shareProcessNamespace",
      `${S}.runAsUser`,
    ].map((path) => `${path}: Forbidden: cannot be set for a windows pod`),
  ],
  ["a system without a name", { os: { name: "" } }, ["spec.os.name: Required value"]],
  [
    "an unknown annotation beside a profile of seccomp",
    { annotations: { [SECCOMP]: "localhost/p" }, securityContext: { seccompProfile: { type: "Unconfined" } } },
    [`${S}.seccompProfile.type: Forbidden: seccomp type in annotation and field must match`],
  ],
  [
    "an annotation beside the pod's own profile of AppArmor",
    { annotations: { [ARMOR]: "unconfined" }, securityContext: { appArmorProfile: { type: "RuntimeDefault" } } },
    [
      "spec.containers[0].securityContext.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match",
    ],
  ],
];
for (const [name, draft, expected] of cases) {
  test(`hosts: ${name}`, () => assert.deepEqual(podErrors(draft), expected));
}

test("what an old pod had may stay", () => {
  const devices: PodDraft = { hostUsers: false, ...VOLUME, ...oneContainer(DEVICE) };
  assert.deepEqual(podErrors(devices, devices), []);
  const relabelled: PodDraft = { securityContext: { seLinuxChangePolicy: "MountOption" } };
  assert.deepEqual(podErrors(relabelled, relabelled), []);
});

test("annotations and fields of a template say the same", () => {
  const spec = {
    containers: [{ name: "c", image: "nginx" }],
    securityContext: { seccompProfile: { type: "Unconfined" } },
  };
  assert.deepEqual(templateErrors(spec, { [SECCOMP]: "runtime/default" }), [
    "template.spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match",
  ]);
});
