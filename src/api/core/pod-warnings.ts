import { joined } from "../../base/joined.ts";
import { labelWarnings } from "../deprecated-labels.ts";
import type {
  Affinity,
  Container,
  EphemeralContainer,
  NodeSelectorTerm,
  Pod,
  PodSpec,
  WeightedPodAffinityTerm,
} from "../generated/core/v1.ts";
import { ipWarnings } from "../ip-warnings.ts";
import type { ObjectMeta } from "../meta.ts";
import { labelValueErrors } from "../names.ts";
import { fractionWarnings } from "./fraction-warnings.ts";
import { portNameWarnings, portWarnings } from "./pod-port-warnings.ts";
import { volumesWarnings } from "./pod-volume-warnings.ts";
import {
  APP_ARMOR,
  appArmorProfileOf,
  namesProfiles,
  SECCOMP_CONTAINER,
  SECCOMP_POD,
} from "./validate-pod-annotations.ts";
import { containersOf } from "./validate-windows.ts";

const BYTES = ["memory", "ephemeral-storage"] as const;
const NULL_SELECTOR = "a null labelSelector results in matching no pod";
const SECCOMP_FIELD = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const APP_ARMOR_FIELD = 'deprecated since v1.30; use the "appArmorProfile" field instead';
const DEPRECATED_ANNOTATIONS = Object.entries({
  "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
  "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
});

/** A pod, or the template of some. */
export interface PodLike {
  metadata?: ObjectMeta;
  spec?: PodSpec;
}

/**
 * What is allowed in a pod and does nothing, not what it seems, or not for long (pkg/api/pod/warnings.go).
 *
 * @param prefix path of the template with a dot behind it; empty for a pod
 */
export function podWarnings({ metadata, spec }: PodLike, prefix: string): string[] {
  if (spec === undefined) return [];
  const at = `${prefix}spec`;
  const grace = spec.terminationGracePeriodSeconds ?? 0;
  return joined(
    placementWarnings(spec, at),
    annotationWarnings(metadata?.annotations ?? {}, `${prefix}metadata.annotations`),
    volumesWarnings(spec.volumes ?? [], `${at}.volumes`),
    duplicateWarnings(spec, at),
    BYTES.flatMap((name) => fractionWarnings(spec.overhead?.[name], `${at}.overhead[${name}]`)),
    profileWarnings({ metadata: metadata ?? {}, spec }, prefix),
    containersOf(spec, at).flatMap(({ container, path }) => containerWarnings(container, path)),
    portWarnings(spec, at),
    portNameWarnings(spec, at),
    grace < 0
      ? [`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : [],
    podAffinityWarnings(spec.affinity, `${at}.affinity`),
    (spec.dnsConfig?.nameservers ?? []).flatMap((ip, index) => ipWarnings(`${at}.dnsConfig.nameservers[${index}]`, ip)),
    (spec.hostAliases ?? []).flatMap(({ ip = "" }, index) => ipWarnings(`${at}.hostAliases[${index}].ip`, ip)),
  );
}

/** Addresses in the status of a pod that are not written as they should be. */
export function podStatusWarnings({ status }: Pod): string[] {
  return (["podIPs", "hostIPs"] as const).flatMap((list) =>
    (status?.[list] ?? []).flatMap(({ ip }, index) => ipWarnings(`status.${list}[${index}].ip`, ip)),
  );
}

/** What stands after the path in a warning about a label's old name. */
function labelText(label: string): string | undefined {
  return labelWarnings(label, "")[0]?.slice(": ".length);
}

function placementWarnings(spec: PodSpec, at: string): string[] {
  const warnings = Object.keys(spec.nodeSelector ?? {}).flatMap((label) =>
    labelWarnings(label, `${at}.nodeSelector[${label}]`),
  );
  const terms = `${at}.affinity.nodeAffinity`;
  const wishes = spec.affinity?.nodeAffinity;
  const keys = (term: NodeSelectorTerm | undefined, path: string): string[] =>
    (term?.matchExpressions ?? []).flatMap(({ key }, index) => {
      const text = labelText(key);
      return text === undefined ? [] : [`${path}.matchExpressions[${index}].key: ${key} is ${text}`];
    });
  // Values of wishes are not validated: one that no label can have is worth a word.
  const values = (term: NodeSelectorTerm | undefined, path: string): string[] =>
    (term?.matchExpressions ?? []).flatMap((expression, index) =>
      (expression.values ?? []).flatMap((value, at) =>
        labelValueErrors(value).map(
          (why) => `${path}.matchExpressions[${index}].values[${at}]: ${value} is invalid, ${why}`,
        ),
      ),
    );
  const needed = wishes?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const wanted = wishes?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  warnings.push(
    ...needed.flatMap((term, index) =>
      keys(term, `${terms}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`),
    ),
    ...wanted.flatMap(({ preference }, index) => {
      const path = `${terms}.preferredDuringSchedulingIgnoredDuringExecution[${index}].preference`;
      return joined(keys(preference, path), values(preference, path));
    }),
  );
  (spec.topologySpreadConstraints ?? []).forEach(({ topologyKey, labelSelector }, index) => {
    const path = `${at}.topologySpreadConstraints[${index}]`;
    const text = labelText(topologyKey);
    if (text !== undefined) warnings.push(`${path}.topologyKey: ${topologyKey} is ${text}`);
    if (labelSelector === undefined) warnings.push(`${path}.labelSelector: ${NULL_SELECTOR}`);
  });
  return warnings;
}

function annotationWarnings(annotations: Readonly<Record<string, string>>, at: string): string[] {
  return DEPRECATED_ANNOTATIONS.flatMap(([key, text]) =>
    annotations[key] === undefined ? [] : [`${at}[${key}]: ${text}`],
  );
}

function duplicateWarnings(spec: PodSpec, at: string): string[] {
  if (spec.hostAliases === undefined && spec.imagePullSecrets === undefined) return [];
  const again = (values: readonly string[], text: (value: string, index: number) => string): string[] =>
    values.flatMap((value, index) => (values.indexOf(value) < index ? [text(value, index)] : []));
  const secrets = (spec.imagePullSecrets ?? []).map(({ name = "" }) => name);
  return joined(
    again(
      (spec.hostAliases ?? []).map(({ ip = "" }) => ip),
      (ip, index) => `${at}.hostAliases[${index}].ip: duplicate ip ${JSON.stringify(ip)}`,
    ),
    again(secrets, (name, index) => `${at}.imagePullSecrets[${index}].name: duplicate name ${JSON.stringify(name)}`),
    secrets.flatMap((name, index) =>
      name === "" ? [`${at}.imagePullSecrets[${index}].name: invalid empty name ""`] : [],
    ),
  );
}

/** Annotations of old that fields have taken the place of. */
function profileWarnings({ metadata, spec }: Required<PodLike>, prefix: string): string[] {
  const annotations = metadata.annotations ?? {};
  if (!namesProfiles(annotations)) return [];
  const warnings: string[] = [];
  const warn = (key: string, text: string): void => {
    if (annotations[key] !== undefined) warnings.push(`${prefix}metadata.annotations[${key}]: ${text}`);
  };
  if (spec.securityContext?.seccompProfile === undefined) warn(SECCOMP_POD, SECCOMP_FIELD);
  for (const { container } of containersOf(spec, "")) {
    const { seccompProfile, appArmorProfile } = container.securityContext ?? {};
    if (seccompProfile === undefined) warn(`${SECCOMP_CONTAINER}${container.name}`, SECCOMP_FIELD);
    const key = `${APP_ARMOR}${container.name}`;
    // The field of a pod's container has come from the annotation only now, unless the pod's own says the same.
    const isSilent =
      prefix === ""
        ? spec.os?.name === "windows" ||
          (appArmorProfile === undefined && appArmorProfileOf(annotations[key] ?? "") !== undefined)
        : appArmorProfile !== undefined || spec.securityContext?.appArmorProfile !== undefined;
    if (!isSilent) warn(key, APP_ARMOR_FIELD);
  }
  return warnings;
}

function containerWarnings(container: Container | EphemeralContainer, at: string): string[] {
  const { limits, requests } = container.resources ?? {};
  const warnings: string[] = [];
  for (const name of BYTES) {
    const [limit, request] = [limits?.[name], requests?.[name]];
    if (limit !== undefined) warnings.push(...fractionWarnings(limit, `${at}.resources.limits[${name}]`));
    if (request !== undefined) warnings.push(...fractionWarnings(request, `${at}.resources.requests[${name}]`));
  }
  warnings.push(...variableWarnings(container, at));
  return warnings;
}

/** A variable that comes again may build on what it was; one that does not hides it. */
function variableWarnings({ env = [] }: Container | EphemeralContainer, at: string): string[] {
  const names = new Set(env.map(({ name }) => name));
  if (names.size === env.length) return [];
  return env.flatMap(({ name, value = "", valueFrom }, index) => {
    // Each name is there once: who comes first takes it out.
    if (names.delete(name)) return [];
    const reference = `$(${name})`;
    const builds = valueFrom === undefined && value !== reference && value.includes(reference);
    return builds
      ? []
      : [
          `${at}.env[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
        ];
  });
}

function podAffinityWarnings(affinity: Affinity | undefined, at: string): string[] {
  return (["podAffinity", "podAntiAffinity"] as const).flatMap((kind) => {
    const needed = affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const wanted: readonly WeightedPodAffinityTerm[] =
      affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return joined(
      needed.flatMap(({ labelSelector }, index) =>
        labelSelector === undefined
          ? [`${at}.${kind}.requiredDuringSchedulingIgnoredDuringExecution[${index}].labelSelector: ${NULL_SELECTOR}`]
          : [],
      ),
      wanted.flatMap(({ podAffinityTerm }, index) =>
        podAffinityTerm?.labelSelector === undefined
          ? [
              `${at}.${kind}.preferredDuringSchedulingIgnoredDuringExecution[${index}].podAffinityTerm.labelSelector: ${NULL_SELECTOR}`,
            ]
          : [],
      ),
    );
  });
}
