import { invalids, named, optionalNamed, requiredText } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { EnvFromSource, EnvVar, ObjectFieldSelector, ResourceFieldSelector } from "../generated/core/v1.ts";
import { configMapKeyErrors, dnsSubdomainErrors, environmentNameErrors, qualifiedNameErrors } from "../names.ts";
import { tryParseQuantity } from "../quantity.ts";

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
const KNOWN_FIELDS = [
  ...new Set([
    ...ENVIRONMENT_FIELDS,
    ...VOLUME_FIELDS,
    "spec.restartPolicy",
    "spec.schedulerName",
    "status.phase",
    "spec.hostNetwork",
    "status.nominatedNodeName",
  ]),
];
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
    return [
      ...named(variable.name, environmentNameErrors, `${path}.name`),
      ...validateValueFrom(variable, `${path}.valueFrom`),
    ];
  });
}

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
    errors.push(...named(reference.name, dnsSubdomainErrors, `${field}.${kind}.name`));
    errors.push(...named(reference.key, configMapKeyErrors, `${field}.${kind}.key`));
  }
  if (source.fileKeyRef) {
    for (const key of ["volumeName", "path", "key"] as const) {
      errors.push(...requiredText(source.fileKeyRef[key], `${field}.fileKeyRef.${key}`));
    }
  }
  if (count === 0) {
    errors.push(
      invalid(field, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"),
    );
  } else if ((variable.value ?? "") !== "") {
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
  const path = reference.fieldPath ?? "";
  if (path === "") return [required(`${field}.fieldPath`)];
  const subscript = /^(metadata\.annotations|metadata\.labels)\['(.*)'\]$/.exec(path);
  if (subscript !== null) {
    const key = subscript[1] === "metadata.annotations" ? subscript[2]!.toLowerCase() : subscript[2]!;
    return invalids(`${field}.fieldPath`, path, qualifiedNameErrors(key));
  }
  if (!KNOWN_FIELDS.includes(path)) {
    return [invalid(`${field}.fieldPath`, path, `error converting fieldPath: field label not supported: ${path}`)];
  }
  const supported = use === "environment" ? ENVIRONMENT_FIELDS : VOLUME_FIELDS;
  return supported.includes(path) ? [] : [notSupported(`${field}.fieldPath`, path, supported)];
}

/** What is wrong with a reference to a container's requests or limits. */
export function validateResourceReference(
  reference: ResourceFieldSelector,
  field: string,
  isVolume: boolean,
): FieldError[] {
  if (isVolume && !reference.containerName) return [required(`${field}.containerName`)];
  const resource = reference.resource ?? "";
  if (resource === "") return [required(`${field}.resource`)];
  if (!CONTAINER_AMOUNTS.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) {
    return [notSupported(`${field}.resource`, resource, CONTAINER_AMOUNTS)];
  }
  return validateDivisor(resource, reference.divisor, `${field}.divisor`);
}

function validateDivisor(resource: string, divisor: string | undefined, field: string): FieldError[] {
  const quantity = divisor === undefined ? undefined : tryParseQuantity(divisor);
  if (divisor === undefined || quantity?.nanos === 0n) return [];
  const allowed = resource.endsWith(".cpu")
    ? ["1m", "1"]
    : ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
  if (quantity !== undefined && allowed.some((each) => tryParseQuantity(each)!.nanos === quantity.nanos)) return [];
  const what = resource.split(".")[1]!.replace("ephemeral-storage", "local ephemeral storage");
  return [
    invalid(field, divisor, `only divisor's values ${allowed.join(", ")} are supported with the ${what} resource`),
  ];
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
