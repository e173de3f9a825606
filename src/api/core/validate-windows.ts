import { invalids } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { Container, EphemeralContainer, PodSpec, WindowsSecurityContextOptions } from "../generated/core/v1.ts";
import { dnsSubdomainErrors } from "../names.ts";

const CREDENTIAL_MAX_KIB = 64;
const DOMAIN_MAX = 256;
const USER_MAX = 104;
const NET_BIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS_DOMAIN =
  /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;

/** What is wrong with the Windows part of a security context. */
export function validateWindowsOptions(
  options: WindowsSecurityContextOptions | undefined,
  field: string,
): FieldError[] {
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user } = options ?? {};
  const errors: FieldError[] = [];
  if (name !== undefined) errors.push(...invalids(`${field}.gmsaCredentialSpecName`, name, dnsSubdomainErrors(name)));
  if (spec !== undefined) {
    const at = `${field}.gmsaCredentialSpec`;
    if (spec === "") errors.push(invalid(at, spec, "gmsaCredentialSpec cannot be an empty string"));
    else if (spec.length > CREDENTIAL_MAX_KIB * 1024) {
      errors.push(invalid(at, spec, `gmsaCredentialSpec size must be under ${CREDENTIAL_MAX_KIB} KiB`));
    }
  }
  if (user !== undefined) errors.push(...invalids(`${field}.runAsUserName`, user, userErrors(user)));
  return errors;
}

function userErrors(name: string): string[] {
  if (name === "") return ["runAsUserName cannot be an empty string"];
  if (/\p{Cc}/u.test(name)) return ["runAsUserName cannot contain control characters"];
  const parts = name.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const [domain, user] = parts.length === 2 ? [parts[0]!, parts[1]!] : [undefined, parts[0]!];
  const errors: string[] = [];
  if ((domain ?? "").length >= DOMAIN_MAX) {
    errors.push(`runAsUserName's Domain length must be under ${DOMAIN_MAX} characters`);
  }
  if (domain !== undefined && !NET_BIOS.test(domain) && !DNS_DOMAIN.test(domain)) {
    errors.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  }
  if (user === "") errors.push("runAsUserName's User cannot be empty");
  else if (user.length > USER_MAX) {
    errors.push(`runAsUserName's User length must not be longer than ${USER_MAX} characters`);
  }
  if (/^[. ]+$/.test(user)) errors.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    errors.push(`runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`);
  }
  return errors;
}

type AnyContainer = Container | EphemeralContainer;

const CONTAINER_LISTS = ["initContainers", "containers", "ephemeralContainers"] as const;

/** Init, regular and ephemeral containers with their paths, in the order in which upstream visits them. */
export function containersOf(spec: PodSpec, field: string): { container: AnyContainer; path: string }[] {
  const found: { container: AnyContainer; path: string }[] = [];
  for (const list of CONTAINER_LISTS) {
    const containers = spec[list];
    if (containers === undefined) continue;
    for (let index = 0; index < containers.length; index++) {
      found.push({ container: containers[index]!, path: `${field}.${list}[${index}]` });
    }
  }
  return found;
}

/** Processes of the host itself: all containers of a pod are some, or none is. */
export function validateHostProcess(spec: PodSpec, field: string): FieldError[] {
  const podWide = spec.securityContext?.windowsOptions?.hostProcess;
  const errors: FieldError[] = [];
  const containers = containersOf(spec, field);
  let count = 0;
  for (const { container, path } of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (podWide !== undefined && own !== undefined && podWide !== own) {
      const message = `pod hostProcess value must be identical if both are specified, was ${podWide}`;
      errors.push(invalid(`${path}.securityContext.windowsOptions.hostProcess`, own, message));
    }
    if (own ?? podWide ?? false) count++;
  }
  if (count === 0) return errors;
  if (count !== containers.length) {
    const message = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
    errors.push(invalid(field, "", message));
  }
  if (spec.hostNetwork !== true) {
    errors.push(
      invalid(`${field}.hostNetwork`, false, "hostNetwork must be true if pod contains any hostProcess containers"),
    );
  }
  return errors;
}

/** In upstream's order: those of the security context among those of the spec itself. */
const NO_WINDOWS_POD = [
  "appArmorProfile",
  "seLinuxOptions",
  "hostUsers",
  "hostPID",
  "hostIPC",
  "seccompProfile",
  "fsGroup",
  "fsGroupChangePolicy",
  "sysctls",
  "shareProcessNamespace",
  "runAsUser",
  "runAsGroup",
  "supplementalGroups",
  "supplementalGroupsPolicy",
  "seLinuxChangePolicy",
] as const;
const OF_SPEC = ["hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"] as const;
const isOfSpec = (key: string): key is (typeof OF_SPEC)[number] => (OF_SPEC as readonly string[]).includes(key);
const NO_WINDOWS_CONTAINER = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
] as const;

/** What is wrong with the operating system of a pod, and what cannot be with it. */
export function validateOs(spec: PodSpec, field: string): FieldError[] {
  if (spec.os === undefined) return [];
  const { name } = spec.os;
  if (!name) return [required(`${field}.os.name`)];
  if (name !== "linux" && name !== "windows") return [notSupported(`${field}.os`, name, ["linux", "windows"])];
  return name === "linux" ? validateLinux(spec, field) : validateWindows(spec, field);
}

function validateLinux(spec: PodSpec, field: string): FieldError[] {
  const places = [
    { context: spec.securityContext, path: field },
    ...containersOf(spec, field).map(({ container, path }) => ({ context: container.securityContext, path })),
  ];
  return places.flatMap(({ context, path }) =>
    context?.windowsOptions === undefined
      ? []
      : [forbiddenField(`${path}.securityContext.windowsOptions`, "windows options cannot be set for a linux pod")],
  );
}

function validateWindows(spec: PodSpec, field: string): FieldError[] {
  const refused = (path: string): FieldError => forbiddenField(path, "cannot be set for a windows pod");
  const isSet = (value: unknown): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0);
  const errors: FieldError[] = [];
  const context = spec.securityContext ?? {};
  for (const key of NO_WINDOWS_POD) {
    if (isOfSpec(key)) {
      // To say no to a namespace of the host is allowed, the others are not even said no to.
      if (key === "hostPID" || key === "hostIPC" ? spec[key] === true : isSet(spec[key])) {
        errors.push(refused(`${field}.${key}`));
      }
    } else if (isSet(context[key])) errors.push(refused(`${field}.securityContext.${key}`));
  }
  for (const { container, path } of containersOf(spec, field)) {
    const own = container.securityContext ?? {};
    for (const key of NO_WINDOWS_CONTAINER) {
      if (isSet(own[key])) errors.push(refused(`${path}.securityContext.${key}`));
    }
  }
  return errors;
}
