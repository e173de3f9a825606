import { joined } from "../../base/joined.ts";
import { invalids, malformedQuantity, notFoundField } from "../field-checks.ts";
import { duplicate, type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type { ResourceRequirements } from "../generated/core/v1.ts";
import { dnsLabelErrors, qualifiedNameErrors } from "../names.ts";
import { compareQuantities, type Quantity, tryParseQuantity } from "../quantity.ts";
import { COUNTED_RESOURCES } from "./counted-resources.ts";

const CONTAINER_RESOURCES = ["cpu", "memory", "ephemeral-storage"];
const STANDARD_RESOURCES = [
  ...CONTAINER_RESOURCES,
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  ...COUNTED_RESOURCES,
  "storage",
  "requests.storage",
];

const isHugePage = (name: string): boolean => name.startsWith("hugepages-");
/** A resource of Kubernetes itself: no domain, or one below kubernetes.io. */
const isNativeResource = (name: string): boolean => !name.includes("/") || name.includes("kubernetes.io/");
/** Resources of vendors: `domain/name` outside kubernetes.io. */
export function isExtendedResource(name: string): boolean {
  return (
    !isNativeResource(name) && !name.startsWith("requests.") && qualifiedNameErrors(`requests.${name}`).length === 0
  );
}
/** Whether limits may be above requests. */
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePage(name);
const INTEGER_RESOURCES = [
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
];
const isInteger = (name: string): boolean => isExtendedResource(name) || INTEGER_RESOURCES.includes(name);

/** What is wrong with the name of a resource anywhere. */
export function validateResourceName(name: string, field: string): FieldError[] {
  const errors = invalids(field, name, qualifiedNameErrors(name));
  if (errors.length > 0) return errors;
  const isHuge = isHugePage(name) || name.startsWith("requests.hugepages-");
  if (!name.includes("/") && !STANDARD_RESOURCES.includes(name) && !isHuge) {
    return [invalid(field, name, "must be a standard resource type or fully qualified")];
  }
  return [];
}

/** The same where a container asks for it. */
export function validateContainerResourceName(name: string, field: string): FieldError[] {
  if (CONTAINER_RESOURCES.includes(name)) return [];
  const errors = validateResourceName(name, field);
  if (!name.includes("/")) {
    if (!CONTAINER_RESOURCES.includes(name) && !isHugePage(name)) {
      errors.push(invalid(field, name, "must be a standard resource for containers"));
    }
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(invalid(field, name, "doesn't follow extended resource name standard"));
  }
  return errors;
}

/** What is wrong with an amount of a resource. */
export function validateResourceQuantity(name: string, text: string, field: string): FieldError[] {
  const quantity = tryParseQuantity(text);
  if (quantity === undefined) return [malformedQuantity(field, text)];
  const errors: FieldError[] = [];
  if (quantity.nanos < 0n) errors.push(invalid(field, text, "must be greater than or equal to 0"));
  const isWhole = quantity.nanos % 1_000_000_000n === 0n;
  if (isInteger(name) && !isWhole) errors.push(invalid(field, text, "must be an integer"));
  return errors;
}

/** What is wrong with requests and limits of a container. */
export function validateContainerResources(
  resources: ResourceRequirements | undefined,
  field: string,
  podClaimNames: readonly string[] = [],
): FieldError[] {
  if (resources === undefined) return [];
  return joined(
    validateAmounts(resources, field, validateContainerResourceName),
    validateClaims(resources, `${field}.claims`, podClaimNames),
  );
}

/** The same without claims, and with another rule for names: what a pod as a whole may ask for. */
export function validateAmounts(
  resources: ResourceRequirements,
  field: string,
  nameRule: (name: string, field: string) => FieldError[],
): FieldError[] {
  const errors: FieldError[] = [];
  const limits = resources.limits ?? {};
  const requests = resources.requests ?? {};
  for (const [name, text] of Object.entries(limits)) {
    const path = `${field}.limits[${name}]`;
    errors.push(...nameRule(name, path), ...validateResourceQuantity(name, text, path));
    errors.push(...validateHugePages(name, text, path));
  }
  for (const [name, text] of Object.entries(requests)) {
    const path = `${field}.requests[${name}]`;
    errors.push(...nameRule(name, path), ...validateResourceQuantity(name, text, path));
    errors.push(...validateRequest({ name, text, limit: limits[name] }, field));
    errors.push(...validateHugePages(name, text, path));
  }
  const has = (name: string): boolean => limits[name] !== undefined || requests[name] !== undefined;
  const hasHugePages = Object.keys(limits).some(isHugePage) || Object.keys(requests).some(isHugePage);
  if (hasHugePages && !has("cpu") && !has("memory")) {
    errors.push(forbiddenField(field, "HugePages require cpu or memory"));
  }
  return errors;
}

/** Huge pages come in whole ones. */
function validateHugePages(name: string, text: string, field: string): FieldError[] {
  if (!isHugePage(name)) return [];
  const [page, amount] = [tryParseQuantity(name.slice("hugepages-".length)), tryParseQuantity(text)];
  if (amount === undefined) return [];
  const isWhole = page !== undefined && page.nanos > 0n && amount.nanos % page.nanos === 0n;
  return isWhole ? [] : [invalid(field, text, `${text} is not positive integer multiple of ${name}`)];
}

function validateRequest(
  request: { name: string; text: string; limit: string | undefined },
  field: string,
): FieldError[] {
  const { name, text, limit } = request;
  if (limit === undefined) {
    return isOvercommitAllowed(name)
      ? []
      : [required(`${field}.limits`, "Limit must be set for non overcommitable resources")];
  }
  const wanted: Quantity | undefined = tryParseQuantity(text);
  const most: Quantity | undefined = tryParseQuantity(limit);
  if (wanted === undefined || most === undefined) return [];
  const difference = compareQuantities(wanted, most);
  if (!isOvercommitAllowed(name) && difference !== 0) {
    return [invalid(`${field}.requests`, text, `must be equal to ${name} limit of ${limit}`)];
  }
  if (difference > 0) {
    return [invalid(`${field}.requests`, text, `must be less than or equal to ${name} limit of ${limit}`)];
  }
  return [];
}

/** What is wrong with the claims of the pod that a container names, or some requests of such a claim. */
export function validateClaims(
  resources: ResourceRequirements,
  field: string,
  podClaims: readonly string[],
): FieldError[] {
  if (resources.claims === undefined) return [];
  const errors: FieldError[] = [];
  const known = podClaims.length === 0 ? " which is empty" : `: ${[...podClaims].sort().join(", ")}`;
  const seen = new Set<string>();
  resources.claims.forEach(({ name, request }, index) => {
    const path = `${field}[${index}]`;
    if (!name) {
      errors.push(required(path));
      return;
    }
    // A claim as a whole holds each of its requests.
    if (seen.has(name)) errors.push(duplicate(path, name));
    else {
      const key = request ? `${name}/${request}` : name;
      if (request) errors.push(...invalids(`${path}.request`, request, dnsLabelErrors(request)));
      if (seen.has(key)) errors.push(duplicate(path, key));
      const parts = request ? [] : [...seen].filter((each) => each.startsWith(`${name}/`));
      errors.push(...parts.map(() => duplicate(path, name)));
      seen.add(key);
    }
    if (!podClaims.includes(name)) {
      errors.push(notFoundField(path, name, `must be one of the names in pod.spec.resourceClaims${known}`));
    }
  });
  return errors;
}
