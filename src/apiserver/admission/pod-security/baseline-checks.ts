import { SAFE_SYSCTLS } from "../../../api/core/sysctls.ts";
import type { AppArmorProfile, SELinuxOptions } from "../../../api/generated/core/v1.ts";
import {
  containersOf,
  containersWhere,
  isAtHome,
  named,
  type PodLike,
  type PodSecurityCheck,
  plural,
  quoted,
  setters,
  sortedUnique,
  type Violation,
  violation,
} from "./check.ts";
import { hostProbes } from "./host-probes.ts";

const DEFAULT_CAPABILITIES = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

/** By the minor version of the standard that took them in. */
const SAFE_SELINUX_TYPES: Readonly<Record<string, number>> = {
  "": 0,
  container_t: 0,
  container_init_t: 0,
  container_kvm_t: 0,
  container_engine_t: 31,
};

const APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";

/** The baseline level: nothing that is known to lead out of a container. */
export const baselineChecks: readonly PodSecurityCheck[] = [
  { id: "appArmorProfile", find: appArmorProfile },
  { id: "capabilities_baseline", find: capabilities },
  { id: "hostNamespaces", find: hostNamespaces },
  { id: "hostPathVolumes", find: hostPathVolumes },
  { id: "hostPorts", find: hostPorts },
  { id: "hostProbesAndHostLifecycle", since: 34, find: hostProbes },
  {
    id: "privileged",
    find: (pod) => {
      const who = containersWhere(pod, (context) => context.privileged === true);
      return violation("privileged", setters(false, who), "must not set securityContext.privileged=true");
    },
  },
  { id: "procMount", find: (pod, minor) => (isAtHome(pod, minor) ? undefined : procMount(pod)) },
  { id: "seLinuxOptions", find: seLinuxOptions },
  { id: "seccompProfile_baseline", find: seccompProfile },
  { id: "sysctls", find: sysctls },
  { id: "windowsHostProcess", find: windowsHostProcess },
];

function appArmorProfile(pod: PodLike): Violation | undefined {
  const isBad = (profile: AppArmorProfile | undefined): boolean => profile?.type === "Unconfined";
  const who = setters(
    isBad(pod.spec.securityContext?.appArmorProfile),
    containersWhere(pod, (context) => isBad(context.appArmorProfile)),
  );
  const annotations = Object.entries(pod.metadata?.annotations ?? {})
    .filter(([key, value]) => key.startsWith(APPARMOR_ANNOTATION) && !isAllowedAppArmor(value))
    .map(([key, value]) => `${key}="${value}"`)
    .sort();
  if (who === "" && annotations.length === 0) return undefined;
  const fields = who === "" ? [] : [`${who} must not set AppArmor profile type to "Unconfined"`];
  const values =
    annotations.length === 0 ? [] : [`${plural(annotations.length, "annotation")} ${annotations.join(", ")}`];
  const count = fields.length + annotations.length;
  return { reason: `forbidden AppArmor ${plural(count, "profile")}`, detail: [...values, ...fields].join("; ") };
}

function isAllowedAppArmor(value: string): boolean {
  return value === "" || value === "runtime/default" || value.startsWith("localhost/");
}

function capabilities(pod: PodLike): Violation | undefined {
  const extra = (added: readonly string[] | undefined): string[] =>
    (added ?? []).filter((capability) => !DEFAULT_CAPABILITIES.has(capability));
  const who = containersWhere(pod, (context) => extra(context.capabilities?.add).length > 0);
  const what = sortedUnique(
    containersOf(pod).flatMap(({ securityContext }) => extra(securityContext?.capabilities?.add)),
  );
  const detail = `must not include ${quoted(what)} in securityContext.capabilities.add`;
  return violation("non-default capabilities", setters(false, who), detail);
}

function hostNamespaces({ spec }: PodLike): Violation | undefined {
  const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => spec[field] === true);
  if (shared.length === 0) return undefined;
  return { reason: "host namespaces", detail: shared.map((field) => `${field}=true`).join(", ") };
}

function hostPathVolumes({ spec }: PodLike): Violation | undefined {
  const names = (spec.volumes ?? []).filter((volume) => volume.hostPath !== undefined).map((volume) => volume.name);
  return names.length === 0 ? undefined : { reason: "hostPath volumes", detail: named(names, "volume") };
}

function hostPorts(pod: PodLike): Violation | undefined {
  const portsOf = (ports: readonly { hostPort?: number }[] | undefined): number[] =>
    (ports ?? []).flatMap(({ hostPort }) => (hostPort ? [hostPort] : []));
  const who = containersWhere(pod, (_, container) => portsOf(container.ports).length > 0);
  if (who.length === 0) return undefined;
  const ports = [...new Set(containersOf(pod).flatMap((container) => portsOf(container.ports)))].sort((a, b) => a - b);
  const uses = who.length === 1 ? "uses" : "use";
  return {
    reason: "hostPort",
    detail: `${named(who)} ${uses} ${plural(ports.length, "hostPort")} ${ports.join(", ")}`,
  };
}

export function procMount(pod: PodLike): Violation | undefined {
  const isBad = (value: string | undefined): value is string => value !== undefined && value !== "Default";
  const who = containersWhere(pod, (context) => isBad(context.procMount));
  const values = sortedUnique(
    containersOf(pod).flatMap(({ securityContext }) =>
      isBad(securityContext?.procMount) ? [securityContext.procMount] : [],
    ),
  );
  return violation("procMount", setters(false, who), `must not set securityContext.procMount to ${quoted(values)}`);
}

function seLinuxOptions(pod: PodLike, minor: number): Violation | undefined {
  const isSafe = (type: string): boolean => isIn(SAFE_SELINUX_TYPES, type, minor);
  const isBad = (options: SELinuxOptions | undefined): boolean =>
    options !== undefined && (!isSafe(options.type ?? "") || !!options.user || !!options.role);
  const own = pod.spec.securityContext?.seLinuxOptions;
  const who = setters(
    isBad(own),
    containersWhere(pod, (context) => isBad(context.seLinuxOptions)),
  );
  const all = [own, ...containersOf(pod).map(({ securityContext }) => securityContext?.seLinuxOptions)];
  const types = sortedUnique(all.map((options) => options?.type ?? "").filter((type) => !isSafe(type)));
  const problems = [
    ...(types.length > 0 ? [`${plural(types.length, "type")} ${quoted(types)}`] : []),
    ...(all.some((options) => options?.user) ? ["user may not be set"] : []),
    ...(all.some((options) => options?.role) ? ["role may not be set"] : []),
  ];
  return violation("seLinuxOptions", who, `set forbidden securityContext.seLinuxOptions: ${problems.join("; ")}`);
}

/** Whether the standard of that version knows the name. */
function isIn(since: Readonly<Record<string, number>>, name: string, minor: number): boolean {
  return Object.hasOwn(since, name) && since[name]! <= minor;
}

/** Before 1.19 profiles were annotations, and what was not written so was nobody's business. */
function seccompProfile(pod: PodLike, minor: number): Violation | undefined {
  if (minor < 19) return seccompAnnotations(pod);
  const who = setters(
    pod.spec.securityContext?.seccompProfile?.type === "Unconfined",
    containersWhere(pod, (context) => context.seccompProfile?.type === "Unconfined"),
  );
  return violation("seccompProfile", who, 'must not set securityContext.seccompProfile.type to "Unconfined"');
}

function seccompAnnotations(pod: PodLike): Violation | undefined {
  const keys = ["seccomp.security.alpha.kubernetes.io/pod", ...containersOf(pod).map(containerSeccompAnnotation)];
  const { annotations = {} } = pod.metadata ?? {};
  const bad = keys.filter((key) => annotations[key] !== undefined && !isAllowedSeccomp(annotations[key]));
  if (bad.length === 0) return undefined;
  const listed = sortedUnique(bad.map((key) => `${key}="${annotations[key]}"`));
  return { reason: "seccompProfile", detail: `forbidden ${plural(listed.length, "annotation")} ${listed.join(", ")}` };
}

function containerSeccompAnnotation({ name }: { readonly name: string }): string {
  return `container.seccomp.security.alpha.kubernetes.io/${name}`;
}

function isAllowedSeccomp(value: string): boolean {
  return value === "runtime/default" || value === "docker/default" || value.startsWith("localhost/");
}

function sysctls({ spec }: PodLike, minor: number): Violation | undefined {
  const set = (spec.securityContext?.sysctls ?? []).map(({ name }) => name);
  const names = set.filter((name) => !isIn(SAFE_SYSCTLS, name, minor));
  return names.length === 0 ? undefined : { reason: "forbidden sysctls", detail: names.join(", ") };
}

function windowsHostProcess(pod: PodLike): Violation | undefined {
  const who = setters(
    pod.spec.securityContext?.windowsOptions?.hostProcess === true,
    containersWhere(pod, (context) => context.windowsOptions?.hostProcess === true),
  );
  return violation("hostProcess", who, "must not set securityContext.windowsOptions.hostProcess=true");
}
