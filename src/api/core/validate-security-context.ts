import { invalids, optionalOneOf } from "../field-checks.ts";
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext } from "../generated/core/v1.ts";
import { userIdErrors } from "../names.ts";

/** What is wrong with a container's security context. */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  field: string,
  options: { hostUsers: boolean },
): FieldError[] {
  if (context === undefined) return [];
  const errors: FieldError[] = [];
  for (const key of ["runAsUser", "runAsGroup"] as const) {
    if (context[key] !== undefined)
      errors.push(...invalids(`${field}.${key}`, context[key], userIdErrors(context[key])));
  }
  if (context.procMount !== undefined) {
    errors.push(...optionalOneOf(context.procMount, ["Default", "Unmasked"], `${field}.procMount`));
    if (context.procMount === "Unmasked" && options.hostUsers) {
      errors.push(invalid(`${field}.procMount`, context.procMount, "`hostUsers` must be false to use `Unmasked`"));
    }
  }
  errors.push(...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`));
  errors.push(...validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`));
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged === true) {
      errors.push(invalid(field, context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"));
    }
    if (context.capabilities?.add?.some((each) => each === "CAP_SYS_ADMIN")) {
      errors.push(
        invalid(field, context, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"),
      );
    }
  }
  return errors;
}

function validateSeccomp(profile: SeccompProfile | undefined, field: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  if (type === "Localhost") {
    if (localhostProfile === undefined)
      return [required(`${field}.localhostProfile`, "must be set when seccomp type is Localhost")];
    return validateLocalPath(localhostProfile, `${field}.localhostProfile`);
  }
  if (localhostProfile !== undefined) {
    return [invalid(`${field}.localhostProfile`, localhostProfile, "can only be set when seccomp type is Localhost")];
  }
  if (!type) return [required(`${field}.type`, "type is required when seccompProfile is set")];
  return type === "RuntimeDefault" || type === "Unconfined"
    ? []
    : [notSupported(`${field}.type`, type, ["Localhost", "RuntimeDefault", "Unconfined"])];
}

function validateAppArmor(profile: AppArmorProfile | undefined, field: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  if (type === "Localhost") {
    if (!localhostProfile?.trim()) {
      return [required(`${field}.localhostProfile`, "must be set when AppArmor type is Localhost")];
    }
    return [];
  }
  if (localhostProfile !== undefined) {
    return [invalid(`${field}.localhostProfile`, localhostProfile, "can only be set when AppArmor type is Localhost")];
  }
  if (!type) return [required(`${field}.type`, "type is required when appArmorProfile is set")];
  return type === "RuntimeDefault" || type === "Unconfined"
    ? []
    : [notSupported(`${field}.type`, type, ["Localhost", "RuntimeDefault", "Unconfined"])];
}

function validateLocalPath(path: string, field: string): FieldError[] {
  if (path.startsWith("/")) return [invalid(field, path, "must be a relative path")];
  return path.split("/").includes("..") ? [invalid(field, path, "must not contain '..'")] : [];
}

const SYSCTL = /^[a-z0-9]([-_a-z0-9]*[a-z0-9])?([./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$/;

/** What is wrong with the security of the whole pod, host namespaces among it. */
export function validatePodSecurity(spec: PodSpec, field: string): FieldError[] {
  const context = spec.securityContext;
  const path = `${field}.securityContext`;
  const errors: FieldError[] = [];
  for (const key of ["fsGroup", "runAsUser", "runAsGroup"] as const) {
    if (context?.[key] !== undefined)
      errors.push(...invalids(`${path}.${key}`, context[key], userIdErrors(context[key])));
  }
  (context?.supplementalGroups ?? []).forEach((id, index) => {
    errors.push(...invalids(`${path}.supplementalGroups[${index}]`, id, userIdErrors(id)));
  });
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    errors.push(
      invalid(`${field}.shareProcessNamespace`, true, "ShareProcessNamespace and HostPID cannot both be enabled"),
    );
  }
  if (spec.hostUsers === false) {
    for (const key of ["hostNetwork", "hostPID", "hostIPC"] as const) {
      if (spec[key] === true) errors.push(forbiddenField(`${field}.hostUsers`, `when \`pod.Spec.HostUsers\` is false`));
    }
  }
  const sysctls = new Set<string>();
  (context?.sysctls ?? []).forEach((sysctl, index) => {
    const at = `${path}.sysctls[${index}].name`;
    if (!sysctl.name) errors.push(required(at));
    else if (!SYSCTL.test(sysctl.name))
      errors.push(invalid(at, sysctl.name, `must have at most 253 characters and match regex ${SYSCTL.source}`));
    else if (sysctls.has(sysctl.name)) errors.push(duplicate(at, sysctl.name));
    sysctls.add(sysctl.name);
  });
  errors.push(
    ...optionalOneOf(context?.fsGroupChangePolicy, ["Always", "OnRootMismatch"], `${path}.fsGroupChangePolicy`),
  );
  errors.push(
    ...optionalOneOf(context?.supplementalGroupsPolicy, ["Merge", "Strict"], `${path}.supplementalGroupsPolicy`),
  );
  errors.push(...validateSeccomp(context?.seccompProfile, `${path}.seccompProfile`));
  errors.push(...validateAppArmor(context?.appArmorProfile, `${path}.appArmorProfile`));
  return errors;
}
