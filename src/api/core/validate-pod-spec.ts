import { isIP } from "node:net";
import { invalids, named, nonNegative, oneOf, optionalNamed, uniqueness } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { HostAlias, PodDNSConfig, PodSpec } from "../generated/core/v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors, qualifiedNameErrors, rangeMessage } from "../names.ts";
import { validateLabels } from "../selectors.ts";
import { validateAffinity, validateTopologySpread } from "./validate-affinity.ts";
import { validateContainers } from "./validate-container.ts";
import { validatePodSecurity } from "./validate-security-context.ts";
import { validateTolerations } from "./validate-tolerations.ts";
import { validateVolumes } from "./validate-volume.ts";

/** Upstream lists these in their own order, where most lists are sorted. */
const RESTART_POLICIES = ["Always", "OnFailure", "Never"];

function validateRestartPolicy(value: string | undefined, field: string): FieldError[] {
  if (value === undefined || value === "") return [required(field)];
  return RESTART_POLICIES.includes(value) ? [] : [notSupported(field, value, RESTART_POLICIES)];
}

/** What is wrong with a pod's spec beyond its types, wherever it stands. */
export function validatePodSpec(spec: PodSpec, field: string): FieldError[] {
  return [
    ...validateVolumes(spec.volumes, `${field}.volumes`),
    ...validateContainers(spec, field),
    ...validateRestartPolicy(spec.restartPolicy, `${field}.restartPolicy`),
    ...oneOf(spec.dnsPolicy, ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"], `${field}.dnsPolicy`),
    ...validateLabels(spec.nodeSelector, `${field}.nodeSelector`),
    ...validatePodSecurity(spec, field),
    ...validatePullSecrets(spec, field),
    ...validateAffinity(spec.affinity, `${field}.affinity`),
    ...validateDns(spec, `${field}.dnsConfig`),
    ...validateGates(spec, field),
    ...validateTopologySpread(spec.topologySpreadConstraints, `${field}.topologySpreadConstraints`),
    ...optionalNamed(spec.serviceAccountName, dnsSubdomainErrors, `${field}.serviceAccountName`),
    ...optionalNamed(spec.nodeName, dnsSubdomainErrors, `${field}.nodeName`),
    ...validateSeconds(spec, field),
    ...optionalNamed(spec.hostname, dnsLabelErrors, `${field}.hostname`),
    ...optionalNamed(spec.subdomain, dnsLabelErrors, `${field}.subdomain`),
    ...validateHostnameOverride(spec, field),
    ...validateTolerations(spec.tolerations, `${field}.tolerations`),
    ...validateHostAliases(spec.hostAliases, `${field}.hostAliases`),
    ...optionalNamed(spec.priorityClassName, dnsSubdomainErrors, `${field}.priorityClassName`),
    ...optionalNamed(spec.runtimeClassName, dnsSubdomainErrors, `${field}.runtimeClassName`),
    ...validateOs(spec, field),
  ];
}

function validateSeconds(spec: PodSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647)) {
    errors.push(invalid(`${field}.activeDeadlineSeconds`, deadline, rangeMessage(1, 2147483647)));
  }
  if (spec.terminationGracePeriodSeconds === undefined) errors.push(required(`${field}.terminationGracePeriodSeconds`));
  return [...errors, ...nonNegative(spec.terminationGracePeriodSeconds, `${field}.terminationGracePeriodSeconds`)];
}

function validatePullSecrets(spec: PodSpec, field: string): FieldError[] {
  return (spec.imagePullSecrets ?? []).flatMap((secret, index) =>
    secret.name ? [] : [required(`${field}.imagePullSecrets[${index}].name`)],
  );
}

function validateGates(spec: PodSpec, field: string): FieldError[] {
  const unique = uniqueness();
  return [
    ...(spec.readinessGates ?? []).flatMap((gate, index) =>
      invalids(
        `${field}.readinessGates[${index}].conditionType`,
        gate.conditionType,
        qualifiedNameErrors(gate.conditionType ?? ""),
      ),
    ),
    ...(spec.schedulingGates ?? []).flatMap((gate, index) => [
      ...named(gate.name, qualifiedNameErrors, `${field}.schedulingGates[${index}]`),
      ...unique(gate.name, `${field}.schedulingGates[${index}]`),
    ]),
  ];
}

function validateDns(spec: PodSpec, field: string): FieldError[] {
  const config: PodDNSConfig = spec.dnsConfig ?? {};
  const nameservers = config.nameservers ?? [];
  const errors: FieldError[] = [];
  if (spec.dnsPolicy === "None" && nameservers.length === 0) {
    const what = spec.dnsConfig === undefined ? field : `${field}.nameservers`;
    const detail =
      spec.dnsConfig === undefined
        ? "must provide `dnsConfig` when `dnsPolicy` is None"
        : "must provide at least one DNS nameserver when `dnsPolicy` is None";
    errors.push(required(what, detail));
  }
  if (nameservers.length > 3) {
    errors.push(invalid(`${field}.nameservers`, nameservers, "must not have more than 3 nameservers"));
  }
  nameservers.forEach((address, index) => {
    errors.push(...validateIp(address, `${field}.nameservers[${index}]`));
  });
  const searches = config.searches ?? [];
  if (searches.length > 32)
    errors.push(invalid(`${field}.searches`, searches, "must not have more than 32 search paths"));
  if (searches.join(" ").length > 2048) {
    errors.push(
      invalid(
        `${field}.searches`,
        searches,
        "must not have more than 2048 characters (including spaces) in the search list",
      ),
    );
  }
  searches.forEach((search, index) => {
    const name = search === "." ? "" : search.replace(/\.$/, "").replaceAll("_", "a");
    errors.push(...optionalNamed(name, dnsSubdomainErrors, `${field}.searches[${index}]`));
  });
  (config.options ?? []).forEach((option, index) => {
    if (!option.name) errors.push(required(`${field}.options[${index}]`, "must not be empty"));
  });
  return errors;
}

function validateHostAliases(aliases: readonly HostAlias[] | undefined, field: string): FieldError[] {
  return (aliases ?? []).flatMap((alias, index) => [
    ...validateIp(alias.ip, `${field}[${index}].ip`),
    ...(alias.hostnames ?? []).flatMap((hostname, at) =>
      invalids(`${field}[${index}].hostnames[${at}]`, hostname, dnsSubdomainErrors(hostname)),
    ),
  ]);
}

/** An IPv4 or IPv6 address. */
function validateIp(address: string | undefined, field: string): FieldError[] {
  return isIP(address ?? "") === 0
    ? [invalid(field, address ?? "", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    : [];
}

function validateHostnameOverride(spec: PodSpec, field: string): FieldError[] {
  const override = spec.hostnameOverride;
  if (override === undefined) return [];
  const errors = invalids(`${field}.hostnameOverride`, override, dnsSubdomainErrors(override));
  if (override.length > 64)
    errors.push(invalid(`${field}.hostnameOverride`, override, "must be no more than 64 characters"));
  if (spec.hostNetwork === true) {
    errors.push(forbiddenField(`${field}.hostnameOverride`, "must not be specified when hostNetwork is true"));
  }
  if (spec.setHostnameAsFQDN === true) {
    errors.push(forbiddenField(`${field}.hostnameOverride`, "must not be specified when setHostnameAsFQDN is true"));
  }
  return errors;
}

function validateOs(spec: PodSpec, field: string): FieldError[] {
  if (spec.os === undefined) return [];
  const { name } = spec.os;
  if (!name) return [required(`${field}.os.name`, "cannot be empty")];
  if (name !== "linux" && name !== "windows") return [notSupported(`${field}.os`, name, ["linux", "windows"])];
  if (name === "linux") return [];
  return (["hostPID", "hostIPC", "shareProcessNamespace"] as const)
    .filter((key) => spec[key] === true)
    .map((key) => forbiddenField(`${field}.${key}`, "cannot be set for a windows pod"));
}
