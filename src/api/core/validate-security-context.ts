import { joined } from "../../base/joined.ts";
import { invalids } from "../field-checks.ts";
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../field-error.ts";
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext, Sysctl } from "../generated/core/v1.ts";
import { userIdErrors } from "../names.ts";
import { dottedSysctl } from "./sysctls.ts";
import { validateRelativePath } from "./validate-path.ts";
import { containersOf, validateWindowsOptions } from "./validate-windows.ts";

const PROC_MOUNTS = ["Default", "Unmasked"];
const PROFILES = ["Localhost", "RuntimeDefault", "Unconfined"];
const APP_ARMOR_PROFILE_MAX = 4095;

/** A security context as upstream shows it in a message. */
const shown = (context: SecurityContext): object => ({
  Capabilities:
    context.capabilities === undefined
      ? null
      : { Add: context.capabilities.add ?? null, Drop: context.capabilities.drop ?? null },
  Privileged: context.privileged ?? null,
  SELinuxOptions: context.seLinuxOptions ?? null,
  WindowsOptions: context.windowsOptions ?? null,
  RunAsUser: context.runAsUser ?? null,
  RunAsGroup: context.runAsGroup ?? null,
  RunAsNonRoot: context.runAsNonRoot ?? null,
  ReadOnlyRootFilesystem: context.readOnlyRootFilesystem ?? null,
  AllowPrivilegeEscalation: context.allowPrivilegeEscalation ?? null,
  ProcMount: context.procMount ?? null,
  SeccompProfile: context.seccompProfile ?? null,
  AppArmorProfile: context.appArmorProfile ?? null,
});

/** What is wrong with a container's security context. */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  field: string,
  options: { hostUsers: boolean },
): FieldError[] {
  if (context === undefined) return [];
  const errors: FieldError[] = [];
  const { procMount } = context;
  for (const key of ["runAsUser", "runAsGroup"] as const) {
    if (context[key] !== undefined)
      errors.push(...invalids(`${field}.${key}`, context[key], userIdErrors(context[key])));
  }
  if (procMount !== undefined) {
    if (!PROC_MOUNTS.includes(procMount)) errors.push(notSupported(`${field}.procMount`, procMount, PROC_MOUNTS));
    if (procMount === "Unmasked" && options.hostUsers) {
      errors.push(invalid(`${field}.procMount`, procMount, "`hostUsers` must be false to use `Unmasked`"));
    }
  }
  errors.push(...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`));
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged === true) {
      errors.push(
        invalid(field, shown(context), "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"),
      );
    }
    if (context.capabilities?.add?.some((each) => each === "CAP_SYS_ADMIN")) {
      errors.push(
        invalid(
          field,
          shown(context),
          "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
        ),
      );
    }
  }
  return joined(
    errors,
    validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`),
    validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`),
  );
}

function validateSeccomp(profile: SeccompProfile | undefined, field: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const errors: FieldError[] = [];
  if (!type) errors.push(required(`${field}.type`, "type is required when seccompProfile is set"));
  else if (!PROFILES.includes(type)) errors.push(notSupported(`${field}.type`, type, PROFILES));
  const at = `${field}.localhostProfile`;
  if (type === "Localhost") {
    if (localhostProfile === undefined) errors.push(required(at, "must be set when seccomp type is Localhost"));
    else errors.push(...validateRelativePath(localhostProfile, at));
  } else if (localhostProfile !== undefined) {
    const shown = { Type: type ?? "", LocalhostProfile: localhostProfile };
    errors.push(invalid(at, shown, "can only be set when seccomp type is Localhost"));
  }
  return errors;
}

function validateAppArmor(profile: AppArmorProfile | undefined, field: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const at = `${field}.localhostProfile`;
  if (!type) return [required(`${field}.type`, "type is required when appArmorProfile is set")];
  if (!PROFILES.includes(type)) return [notSupported(`${field}.type`, type, PROFILES)];
  if (type !== "Localhost") {
    return localhostProfile === undefined
      ? []
      : [invalid(at, localhostProfile, "can only be set when AppArmor type is Localhost")];
  }
  if (localhostProfile === undefined) return [required(at, "must be set when AppArmor type is Localhost")];
  const errors: FieldError[] = [];
  const trimmed = localhostProfile.trim();
  if (trimmed !== localhostProfile) errors.push(invalid(at, localhostProfile, "must not be padded with whitespace"));
  else if (trimmed === "") errors.push(required(at, "must be set when AppArmor type is Localhost"));
  if (localhostProfile.length > APP_ARMOR_PROFILE_MAX) errors.push(tooLong(at, APP_ARMOR_PROFILE_MAX));
  return errors;
}

/** What is wrong with the security of the whole pod, host namespaces among it. */
export function validatePodSecurity(spec: PodSpec, field: string, old?: PodSpec): FieldError[] {
  const context = spec.securityContext ?? {};
  const path = `${field}.securityContext`;
  const errors: FieldError[] = [];
  for (const key of ["fsGroup", "runAsUser", "runAsGroup"] as const) {
    if (context[key] !== undefined)
      errors.push(...invalids(`${path}.${key}`, context[key], userIdErrors(context[key])));
  }
  (context.supplementalGroups ?? []).forEach((id, index) => {
    errors.push(...invalids(`${path}.supplementalGroups[${index}]`, id, userIdErrors(id)));
  });
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const message = "ShareProcessNamespace and HostPID cannot both be enabled";
    errors.push(invalid(`${path}.shareProcessNamespace`, true, message));
  }
  const choice = (
    key: "fsGroupChangePolicy" | "supplementalGroupsPolicy" | "seLinuxChangePolicy",
    supported: readonly string[],
  ): FieldError[] => {
    const value = context[key];
    return value === undefined || supported.includes(value) ? [] : [notSupported(`${path}.${key}`, value, supported)];
  };
  // SELinuxMount is off: volumes are relabelled file by file, but what was there before may stay.
  const hadPolicy = old?.securityContext?.seLinuxChangePolicy !== undefined;
  return joined(
    errors,
    validateSysctls(context.sysctls ?? [], `${path}.sysctls`, spec),
    choice("fsGroupChangePolicy", ["Always", "OnRootMismatch"]),
    validateSeccomp(context.seccompProfile, `${path}.seccompProfile`),
    validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`),
    validateAppArmor(context.appArmorProfile, `${path}.appArmorProfile`),
    choice("supplementalGroupsPolicy", ["Merge", "Strict"]),
    choice("seLinuxChangePolicy", hadPolicy ? ["MountOption", "Recursive"] : ["Recursive"]),
  );
}

const SYSCTL_MAX = 253;
const SYSCTL_TEXT = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const IPC_SYSCTL = /^(kernel\.shm|kernel\.msg|fs\.mqueue\.)|^kernel\.sem$/;

function validateSysctls(sysctls: readonly Sysctl[], field: string, spec: PodSpec): FieldError[] {
  const seen = new Set<string>();
  return sysctls.flatMap(({ name = "" }, index) => {
    const at = `${field}[${index}].name`;
    const errors: FieldError[] = [];
    // The kernel's own name of it has dots, where a client may write slashes.
    const dotted = dottedSysctl(name);
    if (name === "") errors.push(required(at));
    else if (name.length > SYSCTL_MAX || !SYSCTL.test(name)) {
      errors.push(invalid(at, name, `must have at most ${SYSCTL_MAX} characters and match regex ${SYSCTL_TEXT}`));
    } else if (seen.has(name)) errors.push(duplicate(at, name));
    if (spec.hostNetwork === true && dotted.startsWith("net.")) {
      errors.push(invalid(at, name, "may not be specified when 'hostNetwork' is true"));
    }
    if (spec.hostIPC === true && IPC_SYSCTL.test(dotted)) {
      errors.push(invalid(at, name, "may not be specified when 'hostIPC' is true"));
    }
    seen.add(name);
    return errors;
  });
}

/** As upstream spells them in this place. */
const HOST_NAMESPACES = { hostNetwork: "hostNetwork", hostPID: "HostPID", hostIPC: "HostIPC" } as const;

/** With its own users a pod cannot share the host's namespaces, nor have devices of the host unless it had some before. */
export function validateHostUsers(spec: PodSpec, field: string, old?: PodSpec): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const refused = (path: string): FieldError => forbiddenField(path, "when `hostUsers` is false");
  const withDevices = (of: PodSpec): string[] =>
    containersOf(of, field).flatMap(({ container, path }) =>
      (container.volumeDevices ?? []).length > 0 ? [`${path}.volumeDevices`] : [],
    );
  const mayHave = old?.hostUsers === false && withDevices(old).length > 0;
  const namespaces = Object.keys(HOST_NAMESPACES) as (keyof typeof HOST_NAMESPACES)[];
  return joined(
    namespaces.filter((key) => spec[key] === true).map((key) => refused(`${field}.${HOST_NAMESPACES[key]}`)),
    mayHave ? [] : withDevices(spec).map(refused),
  );
}
