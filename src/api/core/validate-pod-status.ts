import { invalids } from "../field-checks.ts";
import { duplicate, type FieldError, forbiddenField, invalid } from "../field-error.ts";
import type { ContainerStatus, Pod, PodCondition, PodSpec, PodStatus } from "../generated/core/v1.ts";
import { ipErrors, ipFamily } from "../ip-address.ts";
import { dnsSubdomainErrors, qualifiedNameErrors, userIdErrors } from "../names.ts";
import { mayRestart } from "./container-restarts.ts";
import { validateAnnotationChange } from "./pod-update.ts";
import { validatePodAnnotations } from "./validate-pod-annotations.ts";
import { validateAllocated, validateExtendedClaim, validateNothingAllocated } from "./validate-pod-status-resources.ts";

const SYSTEM_CONDITIONS = ["PodScheduled", "Ready", "Initialized"];
const STATUSES = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] as const;

/** Containers that can be started again, by where their statuses are. */
const OF_STATUSES = {
  containerStatuses: "containers",
  initContainerStatuses: "initContainers",
  ephemeralContainerStatuses: undefined,
} as const;

/** What is wrong with a pod's status as a kubelet or a controller writes it. */
export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const [status, before] = [pod.status ?? {}, old.status ?? {}];
  const { annotations } = pod.metadata ?? {};
  return [
    ...validateAnnotationChange(annotations, old.metadata?.annotations, "metadata.annotations"),
    ...(pod.spec === undefined ? [] : validatePodAnnotations(annotations, pod.spec, "metadata.annotations")),
    ...validateConditions(status.conditions, "status.conditions"),
    ...validateNomination(status, before, old.spec),
    ...validateFixed(status, before),
    ...STATUSES.flatMap((list) => validateTransitions(status[list], before[list], { list, spec: old.spec })),
    ...validateClaims(pod, "status.resourceClaimStatuses"),
    ...validateExtendedClaim(pod, "status.extendedResourceClaimStatus"),
    ...validatePodIps(status, before),
    ...validateHostIps(status, before),
    ...STATUSES.flatMap((list) => validateUsers(status[list], `status.${list}`, old.spec)),
    ...validateAllocated(status.containerStatuses, "status.containerStatuses", pod.spec?.containers ?? []),
    ...validateAllocated(status.initContainerStatuses, "status.initContainerStatuses", pod.spec?.initContainers ?? []),
    ...validateNothingAllocated(status.ephemeralContainerStatuses, "status.ephemeralContainerStatuses"),
  ];
}

function validateConditions(conditions: readonly PodCondition[] | undefined, field: string): FieldError[] {
  return (conditions ?? []).flatMap(({ type = "", observedGeneration }, index) => {
    const errors = nonNegativeGeneration(observedGeneration, `${field}[${index}].observedGeneration`);
    if (SYSTEM_CONDITIONS.includes(type)) return errors;
    return [...errors, ...invalids(`${field}[${index}].Type`, type, qualifiedNameErrors(type))];
  });
}

const nonNegativeGeneration = (value: number | undefined, field: string): FieldError[] =>
  value !== undefined && value < 0 ? [invalid(field, value, "must be a non-negative integer")] : [];

/** A pod is nominated for a node until it is bound to one. */
function validateNomination(status: PodStatus, before: PodStatus, spec: PodSpec | undefined): FieldError[] {
  const name = status.nominatedNodeName;
  if (!name || name === before.nominatedNodeName) return [];
  const field = "status.nominatedNodeName";
  const errors = invalids(field, name, dnsSubdomainErrors(name));
  if (spec?.nodeName) {
    errors.push(forbiddenField(field, "may not be set on pods that are already bound to a node"));
  }
  return errors;
}

function validateFixed(status: PodStatus, before: PodStatus): FieldError[] {
  const errors = nonNegativeGeneration(status.observedGeneration, "status.observedGeneration");
  if ((status.qosClass ?? "") !== (before.qosClass ?? "")) {
    errors.push(invalid("status.qosClass", status.qosClass ?? "", "field is immutable"));
  }
  return errors;
}

/** A container that has ended stays so, unless it is one that is started again. */
function validateTransitions(
  now: readonly ContainerStatus[] | undefined,
  before: readonly ContainerStatus[] | undefined,
  { list, spec }: { list: (typeof STATUSES)[number]; spec: PodSpec | undefined },
): FieldError[] {
  return (before ?? []).flatMap(({ name, state }, index) => {
    const exitCode = state?.terminated?.exitCode;
    if (state?.terminated === undefined) return [];
    const of = OF_STATUSES[list];
    if (of !== undefined && mayRestart(spec, { list: of, name, exitCode: exitCode ?? 0 })) return [];
    const after = now?.find((each) => each.name === name);
    if (after === undefined || after.state?.terminated !== undefined) return [];
    return [forbiddenField(`status.${list}[${index}].state`, "may not be transitioned to non-terminated state")];
  });
}

function validateClaims({ spec, status }: Pod, field: string): FieldError[] {
  const known = new Set((spec?.resourceClaims ?? []).map((claim) => claim.name));
  const seen = new Set<string>();
  return (status?.resourceClaimStatuses ?? []).flatMap(({ name = "", resourceClaimName: claim }, index) => {
    const path = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (!known.has(name)) {
      errors.push(invalid(`${path}.name`, name, "must match the name of an entry in `spec.resourceClaims`"));
    }
    if (seen.has(name)) errors.push(duplicate(`${path}.name`, name));
    seen.add(name);
    if (claim === undefined) return errors;
    return [...errors, ...invalids(`${path}.resourceClaimName`, claim, dnsSubdomainErrors(claim))];
  });
}

const ONE_OF_A_FAMILY = "may specify no more than one IP for each IP family";

function isMixed(ips: readonly string[]): boolean {
  const families = new Set(ips.map(ipFamily));
  return ips.length <= 2 && families.size === ips.length;
}

function validatePodIps(status: PodStatus, before: PodStatus): FieldError[] {
  const ips = (status.podIPs ?? []).map(({ ip = "" }) => ip);
  const known = (before.podIPs ?? []).map(({ ip = "" }) => ip);
  const errors = ips.flatMap((ip, index) => invalids(`status.podIPs[${index}]`, ip, ipErrors(ip, known)));
  if (ips.length > 1 && !isMixed(ips)) {
    errors.push(
      invalid(
        "status.podIPs",
        ips.map((IP) => ({ IP })),
        ONE_OF_A_FAMILY,
      ),
    );
  }
  return errors;
}

function validateHostIps(status: PodStatus, before: PodStatus): FieldError[] {
  const ips = (status.hostIPs ?? []).map(({ ip = "" }) => ip);
  if (ips.length === 0) return [];
  const known = (before.hostIPs ?? []).map(({ ip = "" }) => ip);
  const errors: FieldError[] = [];
  if ((status.hostIP ?? "") !== ips[0]) {
    errors.push(invalid("status.hostIPs[0].ip", ips[0], "must be equal to `hostIP`"));
  }
  ips.forEach((ip, index) => {
    errors.push(...invalids(`status.hostIPs[${index}]`, ip, ipErrors(ip, known)));
  });
  if (ips.length > 1 && !isMixed(ips)) {
    errors.push(
      invalid(
        "status.hostIPs",
        ips.map((IP) => ({ IP })),
        ONE_OF_A_FAMILY,
      ),
    );
  }
  return errors;
}

function validateUsers(
  statuses: readonly ContainerStatus[] | undefined,
  field: string,
  spec: PodSpec | undefined,
): FieldError[] {
  return (statuses ?? []).flatMap(({ user }, index) => {
    const linux = user?.linux;
    const path = `${field}[${index}].user.linux`;
    if (linux === undefined) return [];
    if (spec?.os?.name === "windows") return [forbiddenField(path, "cannot be set for a windows pod")];
    return [
      ...invalids(`${path}.uid`, linux.uid, userIdErrors(linux.uid)),
      ...invalids(`${path}.gid`, linux.gid, userIdErrors(linux.gid)),
      ...(linux.supplementalGroups ?? []).flatMap((group, at) =>
        invalids(`${path}.supplementalGroups[${at}]`, group, userIdErrors(group)),
      ),
    ];
  });
}

/** What a write to the status may leave out without taking it away: old writers do not know of it. */
export function keepPodStatus(pod: Pod, old: Pod): void {
  const { status } = pod;
  const before = old.status;
  if (status !== undefined) nameFirstAddress(status);
  if (status === undefined || before === undefined) return;
  if (!status.qosClass && before.qosClass !== undefined) status.qosClass = before.qosClass;
  if (!status.observedGeneration && before.observedGeneration !== undefined) {
    status.observedGeneration = before.observedGeneration;
  }
  for (const condition of status.conditions ?? []) {
    const was = before.conditions?.find((each) => each.type === condition.type)?.observedGeneration;
    if (!condition.observedGeneration && was !== undefined) condition.observedGeneration = was;
  }
}

/** The one address is also given by its old name, which counts. */
function nameFirstAddress(status: PodStatus): void {
  if (status.podIP && status.podIP !== status.podIPs?.[0]?.ip) status.podIPs = [{ ip: status.podIP }];
  if (status.podIPs?.[0]?.ip && !status.podIP) status.podIP = status.podIPs[0].ip;
}
