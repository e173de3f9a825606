import { join } from "node:path";
import type { Pod, SeccompProfile, SecurityContext } from "../../api/generated/core/v1.ts";
import type {
  ContainerSecurityContext,
  NamespaceOptions,
  SandboxSecurityContext,
  SecurityProfile,
  SeLinuxOptions,
} from "../cri/config.ts";
import type { Image } from "../cri/state.ts";
import { appArmor } from "./app-armor.ts";
import { type AnyContainer, podContainers } from "./pod.ts";

/** What Kubernetes hides and protects in /proc and /sys by default. */
export const MASKED_PATHS = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
export const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

export function namespaceOptions(pod: Pod, targetId?: string): NamespaceOptions {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec ?? {};
  const pid = hostPID ? "NODE" : shareProcessNamespace ? "POD" : "CONTAINER";
  return {
    network: hostNetwork ? "NODE" : "POD",
    ipc: hostIPC ? "NODE" : "POD",
    ...(targetId === undefined ? { pid } : { pid: "TARGET", targetId }),
  };
}

export function sandboxSecurityContext(pod: Pod): SandboxSecurityContext {
  const context = pod.spec?.securityContext ?? {};
  return {
    namespaceOptions: namespaceOptions(pod),
    privileged: podContainers(pod).some(({ container }) => container.securityContext?.privileged === true),
    // As upstream: the pause program needs nothing beyond the default profile.
    seccomp: { profileType: "RuntimeDefault" },
    ...groups(pod),
    ...identity(context),
    ...seLinux(context.seLinuxOptions),
  };
}

export interface ContainerSecurityFacts {
  readonly seccompDirectory: string;
  /** Container whose process namespace an ephemeral container shares. */
  readonly targetId?: string;
}

export function containerSecurityContext(
  pod: Pod,
  container: AnyContainer,
  facts: ContainerSecurityFacts,
): ContainerSecurityContext {
  const own: SecurityContext = container.securityContext ?? {};
  const shared = pod.spec?.securityContext ?? {};
  const runAsGroup = own.runAsGroup ?? shared.runAsGroup;
  const unmasked = own.procMount === "Unmasked" || own.privileged === true;
  return {
    privileged: own.privileged === true,
    readonlyRootfs: own.readOnlyRootFilesystem === true,
    noNewPrivs: own.allowPrivilegeEscalation === false,
    namespaceOptions: namespaceOptions(pod, facts.targetId),
    seccomp: seccomp(own.seccompProfile ?? shared.seccompProfile, facts.seccompDirectory),
    ...appArmor(pod, container),
    ...(!unmasked && { maskedPaths: MASKED_PATHS, readonlyPaths: READONLY_PATHS }),
    ...(own.capabilities && {
      capabilities: {
        addCapabilities: own.capabilities.add ?? [],
        dropCapabilities: own.capabilities.drop ?? [],
      },
    }),
    ...groups(pod),
    ...identity({ runAsUser: own.runAsUser ?? shared.runAsUser, runAsGroup }),
    ...seLinux(own.seLinuxOptions ?? shared.seLinuxOptions),
  };
}

/** Which user a container runs as when its spec names none: the image's, told to the runtime explicitly. */
export function withImageUser(context: ContainerSecurityContext, image: Image): ContainerSecurityContext {
  if (context.runAsUser !== undefined) return context;
  if (image.uid !== undefined) return { ...context, runAsUser: image.uid };
  return image.username === "" ? context : { ...context, runAsUsername: image.username };
}

/** Why the container must not run as its image's user, in upstream's words; undefined when it may. */
export function nonRootProblem(pod: Pod, container: AnyContainer, image: Image): string | undefined {
  const own = container.securityContext ?? {};
  const shared = pod.spec?.securityContext ?? {};
  if ((own.runAsNonRoot ?? shared.runAsNonRoot) !== true) return undefined;
  const user = own.runAsUser ?? shared.runAsUser;
  const where = `(pod: "${pod.metadata?.name}_${pod.metadata?.namespace}(${pod.metadata?.uid})", container: ${container.name})`;
  if (user !== undefined) {
    return user === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined;
  }
  if (image.uid === 0) return `container has runAsNonRoot and image will run as root ${where}`;
  if (image.uid === undefined && image.username !== "") {
    return `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`;
  }
  return image.uid === undefined ? `container has runAsNonRoot and image will run as root ${where}` : undefined;
}

function identity(context: { runAsUser?: number; runAsGroup?: number }): { runAsUser?: number; runAsGroup?: number } {
  return {
    ...(context.runAsUser !== undefined && { runAsUser: context.runAsUser }),
    // CRI takes a group only together with a user.
    ...(context.runAsGroup !== undefined && { runAsGroup: context.runAsGroup, runAsUser: context.runAsUser ?? 0 }),
  };
}

function groups(pod: Pod): Pick<SandboxSecurityContext, "supplementalGroups" | "supplementalGroupsPolicy"> {
  const { supplementalGroups = [], fsGroup, supplementalGroupsPolicy } = pod.spec?.securityContext ?? {};
  return {
    supplementalGroups: fsGroup === undefined ? supplementalGroups : [...supplementalGroups, fsGroup],
    ...(supplementalGroupsPolicy === "Strict" && { supplementalGroupsPolicy }),
  };
}

function seLinux(options: SeLinuxOptions | undefined): { selinuxOptions?: SeLinuxOptions } {
  return options === undefined ? {} : { selinuxOptions: options };
}

function seccomp(profile: SeccompProfile | undefined, directory: string): SecurityProfile {
  switch (profile?.type) {
    case "RuntimeDefault":
      return { profileType: "RuntimeDefault" };
    case "Localhost":
      return { profileType: "Localhost", localhostRef: join(directory, profile.localhostProfile ?? "") };
    default:
      return { profileType: "Unconfined" };
  }
}
