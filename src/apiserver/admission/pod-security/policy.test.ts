import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, PodSpec, SecurityContext } from "../../../api/generated/core/v1.ts";
import type { PodLike } from "./check.ts";
import { labelProblems, policyOf, violationsOf } from "./policy.ts";

const container = (securityContext: SecurityContext = {}, over: Partial<Container> = {}): Container => ({
  name: "a",
  securityContext,
  ...over,
});
const pod = (containers: Container[], over: Partial<PodSpec> = {}): PodLike => ({ spec: { containers, ...over } });
const hardened: SecurityContext = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};
const latest = (level: "baseline" | "restricted") => ({ level, version: "latest" });

test("baseline", () => {
  const cases: [string, PodLike, string | undefined][] = [
    ["plain", pod([container()]), undefined],
    [
      "privileged",
      pod([container({ privileged: true })]),
      'privileged (container "a" must not set securityContext.privileged=true)',
    ],
    [
      "privileged, two of three",
      pod([container({ privileged: true }), { name: "b" }], {
        initContainers: [{ ...container({ privileged: true }), name: "i" }],
      }),
      'privileged (containers "i", "a" must not set securityContext.privileged=true)',
    ],
    [
      "host namespaces",
      pod([container()], { hostNetwork: true, hostIPC: true }),
      "host namespaces (hostNetwork=true, hostIPC=true)",
    ],
    [
      "host path",
      pod([container()], {
        volumes: [
          { name: "v", hostPath: { path: "/" } },
          { name: "w", emptyDir: {} },
        ],
      }),
      'hostPath volumes (volume "v")',
    ],
    [
      "host ports",
      pod([
        container(
          {},
          {
            ports: [
              { containerPort: 1, hostPort: 80 },
              { containerPort: 2, hostPort: 9 },
            ],
          },
        ),
      ]),
      'hostPort (container "a" uses hostPorts 9, 80)',
    ],
    [
      "capabilities",
      pod([container({ capabilities: { add: ["CHOWN", "NET_ADMIN"] } })]),
      'non-default capabilities (container "a" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      "proc mount",
      pod([container({ procMount: "Unmasked" })]),
      'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      "SELinux",
      pod([container({ seLinuxOptions: { type: "spc_t" } })], { securityContext: { seLinuxOptions: { user: "u" } } }),
      'seLinuxOptions (pod and container "a" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    ],
    [
      "seccomp",
      pod([container()], { securityContext: { seccompProfile: { type: "Unconfined" } } }),
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      "sysctls",
      pod([container()], {
        securityContext: {
          sysctls: [
            { name: "kernel.msgmax", value: "1" },
            { name: "net.ipv4.tcp_syncookies", value: "1" },
          ],
        },
      }),
      "forbidden sysctls (kernel.msgmax)",
    ],
    [
      "host process",
      pod([container({ windowsOptions: { hostProcess: true } })]),
      'hostProcess (container "a" must not set securityContext.windowsOptions.hostProcess=true)',
    ],
    [
      "probe host",
      pod([container({}, { livenessProbe: { httpGet: { host: "10.0.0.1", port: 80 } } })]),
      'probe or lifecycle host (container "a" uses probe or lifecycle host "10.0.0.1")',
    ],
    [
      "probe of the node itself",
      pod([container({}, { livenessProbe: { tcpSocket: { host: "127.0.0.1", port: 80 } } })]),
      'probe or lifecycle host (container "a" uses probe or lifecycle host "127.0.0.1")',
    ],
    ["proc mount at home", pod([container({ procMount: "Unmasked" })], { hostUsers: false }), undefined],
    [
      "AppArmor",
      {
        ...pod([container({ appArmorProfile: { type: "Unconfined" } })]),
        metadata: { annotations: { "container.apparmor.security.beta.kubernetes.io/a": "unconfined" } },
      },
      'forbidden AppArmor profiles (annotation container.apparmor.security.beta.kubernetes.io/a="unconfined"; container "a" must not set AppArmor profile type to "Unconfined")',
    ],
    [
      "several",
      pod([container({ privileged: true })], { hostPID: true }),
      'host namespaces (hostPID=true), privileged (container "a" must not set securityContext.privileged=true)',
    ],
  ];
  for (const [name, given, expected] of cases) assert.equal(violationsOf(given, latest("baseline")), expected, name);
});

test("restricted", () => {
  const cases: [string, PodLike, string | undefined][] = [
    ["hardened", pod([container(hardened)]), undefined],
    [
      "plain",
      pod([container()]),
      'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    [
      "pod-wide settings",
      pod([container({ allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } })], {
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "Localhost" } },
      }),
      undefined,
    ],
    [
      "container goes back to root",
      pod([container({ ...hardened, runAsNonRoot: false })], { securityContext: { runAsNonRoot: true } }),
      'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)',
    ],
    [
      "pod says root, all containers say not",
      pod([container(hardened)], { securityContext: { runAsNonRoot: false } }),
      "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)",
    ],
    [
      "pod says unconfined, all containers say not",
      pod([container(hardened)], { securityContext: { seccompProfile: { type: "Unconfined" } } }),
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      "root at home, but no sight of the node's processes",
      pod([container({ ...hardened, runAsNonRoot: false, runAsUser: 0, procMount: "Unmasked" })], { hostUsers: false }),
      'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      "root by number",
      pod([container({ ...hardened, runAsUser: 0 })]),
      'runAsUser=0 (container "a" must not set runAsUser=0)',
    ],
    [
      "bind capability",
      pod([container({ ...hardened, capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } })]),
      undefined,
    ],
    [
      "host path counts once",
      pod([container(hardened)], {
        volumes: [
          { name: "v", hostPath: { path: "/" } },
          { name: "n", nfs: { server: "s", path: "/" } },
        ],
      }),
      'restricted volume types (volumes "v", "n" use restricted volume types "hostPath", "nfs")',
    ],
    ["Windows", pod([container({ runAsNonRoot: true })], { os: { name: "windows" } }), undefined],
  ];
  for (const [name, given, expected] of cases) assert.equal(violationsOf(given, latest("restricted")), expected, name);
});

test("each version of a standard asks for its own", () => {
  type Case = [name: string, level: "baseline" | "restricted", passes: string, fails: string, of: PodLike];
  const bare = pod([container({ runAsNonRoot: true })]);
  const unescalated = pod([container({ runAsNonRoot: true, allowPrivilegeEscalation: false })]);
  const confined: SecurityContext = { ...hardened, capabilities: {} };
  const sysctl = (name: string): PodLike =>
    pod([container()], { securityContext: { sysctls: [{ name, value: "1" }] } });
  const selinux = pod([container({ seLinuxOptions: { type: "container_engine_t" } })]);
  const windows = pod([container({ runAsNonRoot: true })], { os: { name: "windows" } });
  const proc = pod([container({ procMount: "Unmasked" })], { hostUsers: false });
  const root = pod([container({ ...hardened, runAsNonRoot: false, runAsUser: 0 })], { hostUsers: false });
  const annotated: PodLike = {
    ...pod([container()]),
    metadata: { annotations: { "container.seccomp.security.alpha.kubernetes.io/a": "unconfined" } },
  };
  const cases: Case[] = [
    ["user 0", "restricted", "v1.22", "v1.23", pod([container({ ...hardened, runAsUser: 0 })])],
    ["privilege escalation", "restricted", "v1.7", "v1.8", bare],
    ["seccomp profile", "restricted", "v1.18", "v1.19", unescalated],
    ["dropped capabilities", "restricted", "v1.21", "v1.22", pod([container(confined)])],
    [
      "probe host",
      "baseline",
      "v1.33",
      "v1.34",
      pod([container({}, { startupProbe: { httpGet: { host: "h", port: 1 } } })]),
    ],
    ["seccomp annotation", "baseline", "v1.19", "v1.18", annotated],
    ["reserved ports", "baseline", "v1.27", "v1.26", sysctl("net.ipv4.ip_local_reserved_ports")],
    ["keepalive", "baseline", "v1.29", "v1.28", sysctl("net.ipv4.tcp_keepalive_time")],
    ["buffers", "baseline", "v1.32", "v1.31", sysctl("net.ipv4.tcp_rmem")],
    ["SELinux type", "baseline", "v1.31", "v1.30", selinux],
    ["Windows", "restricted", "v1.25", "v1.24", windows],
    ["proc mount in a user namespace", "baseline", "v1.35", "v1.34", proc],
    ["root in a user namespace", "restricted", "v1.35", "v1.34", root],
  ];
  for (const [name, level, passes, fails, of] of cases) {
    assert.equal(violationsOf(of, { level, version: passes }), undefined, `${name} ${passes}`);
    assert.notEqual(violationsOf(of, { level, version: fails }), undefined, `${name} ${fails}`);
  }
  assert.equal(
    violationsOf(annotated, { level: "restricted", version: "v1.7" })?.split(", ")[0],
    'seccompProfile (forbidden annotation container.seccomp.security.alpha.kubernetes.io/a="unconfined")',
  );
});

test("labels", () => {
  const prefix = "pod-security.kubernetes.io/";
  const read = (labels: Record<string, string>) => policyOf(labels, "enforce");
  assert.deepEqual(read({}), { level: "privileged", version: "latest" });
  assert.deepEqual(read({ [`${prefix}enforce`]: "baseline" }), { level: "baseline", version: "latest" });
  assert.deepEqual(read({ [`${prefix}enforce`]: "baseline", [`${prefix}enforce-version`]: "v1.30" }), {
    level: "baseline",
    version: "v1.30",
  });
  assert.deepEqual(read({ [`${prefix}enforce`]: "strict" }), { level: "restricted", version: "latest" });
  assert.deepEqual(labelProblems({ [`${prefix}enforce`]: "baseline", [`${prefix}warn-version`]: "latest" }), []);
  assert.deepEqual(labelProblems({ [`${prefix}warn`]: "strict", [`${prefix}audit-version`]: "1.2" }), [
    { label: `${prefix}audit-version`, value: "1.2", detail: 'must be "latest" or "v1.x"' },
    { label: `${prefix}warn`, value: "strict", detail: "must be one of privileged, baseline, restricted" },
  ]);
});
