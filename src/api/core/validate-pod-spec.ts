import { joined } from "../../base/joined.ts";
import { invalids, optionalNamed } from "../field-checks.ts";
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../field-error.ts";
import type { PodSpec } from "../generated/core/v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors, qualifiedNameErrors, rangeMessage } from "../names.ts";
import { validateLabels } from "../selectors.ts";
import { validateAffinity } from "./validate-affinity.ts";
import { validateContainers } from "./validate-container.ts";
import { validateDnsConfig, validateDnsPolicy, validateHostAliases } from "./validate-dns.ts";
import { validateFileVolumes } from "./validate-file-volumes.ts";
import { validatePodResources } from "./validate-pod-resources.ts";
import { validateHostNetworkPorts } from "./validate-ports.ts";
import { validateResourceClaims } from "./validate-resource-claims.ts";
import { validateContainerResourceName, validateResourceQuantity } from "./validate-resources.ts";
import { validateHostUsers, validatePodSecurity } from "./validate-security-context.ts";
import { validateTolerations } from "./validate-tolerations.ts";
import { validateTopologySpread } from "./validate-topology-spread.ts";
import { validateVolumes } from "./validate-volume.ts";
import { validateHostProcess, validateOs } from "./validate-windows.ts";
import type { PodPlace } from "./volume-rule.ts";

/** Upstream lists these in their own order, where most lists are sorted. */
const RESTART_POLICIES = ["Always", "OnFailure", "Never"];
const PREEMPTION_POLICIES = ["PreemptLowerPriority", "Never"];
const SECONDS_MAX = 2147483647;
const HOSTNAME_OVERRIDE_MAX = 64;

export interface PodSpecPlace extends PodPlace {
  /** The pod is told of by a node that runs it from a file. */
  readonly isStatic?: boolean;
  /** On update: what the spec was before. What was wrong already and is let be, may stay. */
  readonly old?: PodSpec | undefined;
}

/** What is wrong with a pod's spec beyond its types, wherever it stands. In upstream's order. */
export function validatePodSpec(spec: PodSpec, field: string, place: PodSpecPlace = { isPod: false }): FieldError[] {
  const volumes = validateVolumes(spec.volumes, `${field}.volumes`, place);
  const grace = spec.terminationGracePeriodSeconds;
  return joined(
    grace === undefined ? [required(`${field}.terminationGracePeriodSeconds`)] : [],
    volumes.errors,
    validateResourceClaims(spec, `${field}.resourceClaims`, { isStatic: place.isStatic === true }),
    validateContainers(spec, field, { volumes: volumes.known, old: place.old }),
    validatePodResources(
      spec,
      `${field}.resources`,
      (spec.resourceClaims ?? []).map(({ name }) => name),
    ),
    validateHostNetworkPorts(spec, field, place.isPod),
    validateRestartPolicy(spec.restartPolicy, `${field}.restartPolicy`),
    validateDnsPolicy(spec.dnsPolicy, `${field}.dnsPolicy`),
    validateLabels(spec.nodeSelector, `${field}.nodeSelector`),
    validatePodSecurity(spec, field, place.old),
    validateAffinity(spec.affinity, `${field}.affinity`),
    validateDnsConfig(spec, `${field}.dnsConfig`, place.old?.dnsConfig?.nameservers),
    validateGates(spec, field),
    validateTopologySpread(spec.topologySpreadConstraints, `${field}.topologySpreadConstraints`),
    validateHostProcess(spec, field),
    validateHostUsers(spec, field, place.old),
    validateHostnameOverride(spec, `${field}.hostnameOverride`),
    validateNames(spec, field),
    validateTolerations(spec.tolerations, `${field}.tolerations`),
    validateHostAliases(
      spec.hostAliases,
      `${field}.hostAliases`,
      (place.old?.hostAliases ?? []).map(({ ip }) => ip),
    ),
    validateClasses(spec, field),
    validateOverhead(spec.overhead, `${field}.overhead`),
    validateOs(spec, field),
    validateFileVolumes(spec, field),
  );
}

function validateRestartPolicy(value: string | undefined, field: string): FieldError[] {
  if (value === undefined || value === "") return [required(field)];
  return RESTART_POLICIES.includes(value) ? [] : [notSupported(field, value, RESTART_POLICIES)];
}

function validateNames(spec: PodSpec, field: string): FieldError[] {
  const deadline = spec.activeDeadlineSeconds;
  const isWrong = deadline !== undefined && (deadline < 1 || deadline > SECONDS_MAX);
  return joined(
    optionalNamed(spec.serviceAccountName, dnsSubdomainErrors, `${field}.serviceAccountName`),
    optionalNamed(spec.nodeName, dnsSubdomainErrors, `${field}.nodeName`),
    isWrong ? [invalid(`${field}.activeDeadlineSeconds`, deadline, rangeMessage(1, SECONDS_MAX))] : [],
    optionalNamed(spec.hostname, dnsLabelErrors, `${field}.hostname`),
    optionalNamed(spec.subdomain, dnsLabelErrors, `${field}.subdomain`),
  );
}

function validateClasses(spec: PodSpec, field: string): FieldError[] {
  const { priorityClassName, runtimeClassName, preemptionPolicy } = spec;
  const errors = optionalNamed(priorityClassName, dnsSubdomainErrors, `${field}.priorityClassName`);
  if (runtimeClassName !== undefined) {
    errors.push(...invalids(`${field}.runtimeClassName`, runtimeClassName, dnsSubdomainErrors(runtimeClassName)));
  }
  if (preemptionPolicy === "") errors.push(required(`${field}.preemptionPolicy`));
  else if (preemptionPolicy !== undefined && !PREEMPTION_POLICIES.includes(preemptionPolicy)) {
    errors.push(notSupported(`${field}.preemptionPolicy`, preemptionPolicy, PREEMPTION_POLICIES));
  }
  return errors;
}

/** Upstream names the amounts as if they were limits. */
function validateOverhead(overhead: Record<string, string> | undefined, field: string): FieldError[] {
  return Object.entries(overhead ?? {}).flatMap(([name, text]) => {
    const path = `${field}.limits[${name}]`;
    return joined(validateContainerResourceName(name, path), validateResourceQuantity(name, text, path));
  });
}

function validateGates(spec: PodSpec, field: string): FieldError[] {
  const seen = new Set<string>();
  return joined(
    (spec.readinessGates ?? []).flatMap(({ conditionType = "" }, index) =>
      invalids(`${field}.readinessGates[${index}].conditionType`, conditionType, qualifiedNameErrors(conditionType)),
    ),
    (spec.schedulingGates ?? []).flatMap(({ name = "" }, index) => {
      const path = `${field}.schedulingGates[${index}]`;
      const errors = invalids(path, name, qualifiedNameErrors(name));
      if (seen.has(name)) errors.push(duplicate(path, name));
      seen.add(name);
      return errors;
    }),
  );
}

function validateHostnameOverride(spec: PodSpec, field: string): FieldError[] {
  const override = spec.hostnameOverride;
  if (override === undefined) return [];
  const errors = (["setHostnameAsFQDN", "hostNetwork"] as const)
    .filter((key) => spec[key] === true)
    .map((key) => forbiddenField(field, `may not be specified when ${key} is true`));
  if (override.length > HOSTNAME_OVERRIDE_MAX) errors.push(tooLong(field, HOSTNAME_OVERRIDE_MAX));
  return joined(errors, invalids(field, override, dnsSubdomainErrors(override)));
}
