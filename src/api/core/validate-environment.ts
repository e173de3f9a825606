import { joined } from "../../base/joined.ts";
import { invalids, named, optionalNamed } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type {
  EnvFromSource,
  EnvVar,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from "../generated/core/v1.ts";
import {
  configMapKeyErrors,
  dnsLabelErrors,
  dnsSubdomainErrors,
  environmentNameErrors,
  qualifiedNameErrors,
} from "../names.ts";
import { formatQuantity, tryParseQuantity } from "../quantity.ts";
import { validateNoBacksteps } from "./validate-path.ts";

const ENVIRONMENT_FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const VOLUME_FIELDS = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];
/** Labels of fields that upstream converts; `spec.host` is what spec.nodeName was called long ago. */
const KNOWN_FIELDS = [
  ...new Set([...ENVIRONMENT_FIELDS, ...VOLUME_FIELDS, "spec.restartPolicy", "spec.schedulerName", "status.phase"]),
];
const SUBSCRIPTED = ["metadata.annotations", "metadata.labels"];
/** One label or annotation, as `metadata.labels['app']`. */
const SUBSCRIPT = /^(.+?)\['(.*)'\]$/s;
const CONTAINER_AMOUNTS = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];

/** What is wrong with a list of environment variables. */
export function validateEnvironment(variables: readonly EnvVar[] | undefined, field: string): FieldError[] {
  return (variables ?? []).flatMap((variable, index) => {
    const path = `${field}[${index}]`;
    return joined(
      named(variable.name, environmentNameErrors, `${path}.name`),
      validateValueFrom(variable, `${path}.valueFrom`),
    );
  });
}

const NO_SOURCE =
  "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";

function validateValueFrom(variable: EnvVar, field: string): FieldError[] {
  const source = variable.valueFrom;
  if (source === undefined) return [];
  const errors: FieldError[] = [];
  const kinds = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"] as const;
  const count = kinds.filter((kind) => source[kind] !== undefined).length;
  if (source.fieldRef) {
    errors.push(...validateFieldReference(source.fieldRef, `${field}.fieldRef`, "environment"));
  }
  if (source.resourceFieldRef) {
    errors.push(...validateResourceReference(source.resourceFieldRef, `${field}.resourceFieldRef`, false));
  }
  for (const kind of ["configMapKeyRef", "secretKeyRef"] as const) {
    const reference = source[kind];
    if (reference === undefined) continue;
    const name = reference.name ?? "";
    errors.push(...invalids(`${field}.${kind}.name`, name, dnsSubdomainErrors(name)));
    errors.push(...named(reference.key, configMapKeyErrors, `${field}.${kind}.key`));
  }
  if (source.fileKeyRef) errors.push(...validateFileReference(source.fileKeyRef, `${field}.fileKeyRef`));
  if (count === 0) errors.push(invalid(field, "", NO_SOURCE));
  else if ((variable.value ?? "") !== "") {
    errors.push(invalid(field, "", "may not be specified when `value` is not empty"));
  } else if (count > 1) errors.push(invalid(field, "", "may not have more than one field specified at a time"));
  return errors;
}

/** What is wrong with a reference to a field of the pod. */
export function validateFieldReference(
  reference: ObjectFieldSelector,
  field: string,
  use: "environment" | "volume",
): FieldError[] {
  if (!reference.apiVersion) return [required(`${field}.apiVersion`)];
  const given = reference.fieldPath ?? "";
  if (given === "") return [required(`${field}.fieldPath`)];
  const unknown = (detail: string) => [invalid(`${field}.fieldPath`, given, `error converting fieldPath: ${detail}`)];
  if (reference.apiVersion !== "v1") return unknown(`unsupported pod version: ${reference.apiVersion}`);
  const [, name, key] = SUBSCRIPT.exec(given) ?? [];
  if (name !== undefined) {
    if (!SUBSCRIPTED.includes(name)) return unknown(`field label does not support subscript: ${given}`);
    // Annotations are shown, and judged, in lower case.
    const shown = name === "metadata.annotations" ? key!.toLowerCase() : key!;
    return invalids(field, shown, qualifiedNameErrors(shown));
  }
  const path = given === "spec.host" ? "spec.nodeName" : given;
  if (!KNOWN_FIELDS.includes(path)) return unknown(`field label not supported: ${given}`);
  const supported = use === "environment" ? ENVIRONMENT_FIELDS : VOLUME_FIELDS;
  return supported.includes(path) ? [] : [notSupported(`${field}.fieldPath`, path, supported)];
}

/** A variable out of a file that an init container wrote into a volume. The volume itself is looked at elsewhere. */
function validateFileReference({ volumeName, path, key }: FileKeySelector, field: string): FieldError[] {
  return joined(
    named(key, environmentNameErrors, `${field}.key`),
    named(volumeName, dnsLabelErrors, `${field}.volumeName`),
    path ? validateNoBacksteps(path, `${field}.path`) : [required(`${field}.path`)],
  );
}

/** What is wrong with a reference to a container's requests or limits. */
export function validateResourceReference(
  reference: ResourceFieldSelector,
  field: string,
  isVolume: boolean,
): FieldError[] {
  const resource = reference.resource ?? "";
  const errors: FieldError[] = [];
  if (isVolume && !reference.containerName) errors.push(required(`${field}.containerName`));
  else if (resource === "") errors.push(required(`${field}.resource`));
  else if (!CONTAINER_AMOUNTS.includes(resource) && !HUGE_PAGES.test(resource)) {
    errors.push(notSupported(`${field}.resource`, resource, CONTAINER_AMOUNTS));
  }
  return joined(errors, validateDivisor(resource, reference.divisor, `${field}.divisor`));
}

const HUGE_PAGES = /^(limits|requests)\.hugepages-/;
const SIZES = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/** The bad value that upstream shows is the resource, not the divisor. */
function validateDivisor(resource: string, divisor: string | undefined, field: string): FieldError[] {
  const quantity = divisor === undefined ? undefined : tryParseQuantity(divisor);
  if (quantity === undefined || quantity.nanos === 0n) return [];
  const given = formatQuantity(quantity);
  const kind = resource.replace(/^(limits|requests)\./, "");
  if (kind === resource) return [];
  if (kind === "cpu") {
    const message = "only divisor's values 1m and 1 are supported with the cpu resource";
    return given === "1m" || given === "1" ? [] : [invalid(field, resource, message)];
  }
  const what = kind === "ephemeral-storage" ? "local ephemeral storage" : kind.replace(/^hugepages-.*/, "hugepages");
  if (SIZES.includes(given) || !["memory", "local ephemeral storage", "hugepages"].includes(what)) return [];
  const message = `only divisor's values ${SIZES.join(", ")} are supported with the ${what} resource`;
  return [invalid(field, resource, message)];
}

/** What is wrong with sources of whole environments. */
export function validateEnvironmentFrom(sources: readonly EnvFromSource[] | undefined, field: string): FieldError[] {
  return (sources ?? []).flatMap((source, index) => {
    const path = `${field}[${index}]`;
    const errors = optionalNamed(source.prefix, environmentNameErrors, `${path}.prefix`);
    const kinds = (["configMapRef", "secretRef"] as const).filter((kind) => source[kind] !== undefined);
    for (const kind of kinds) errors.push(...named(source[kind]!.name, dnsSubdomainErrors, `${path}.${kind}.name`));
    if (kinds.length === 0) errors.push(invalid(field, "", "must specify one of: `configMapRef` or `secretRef`"));
    if (kinds.length > 1) errors.push(invalid(field, "", "may not have more than one field specified at a time"));
    return errors;
  });
}
