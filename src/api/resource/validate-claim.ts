import { uniqueness } from "../field-checks.ts";
import { type FieldError, invalid, required, tooLong, tooMany } from "../field-error.ts";
import type { DeviceClaim, DeviceConstraint, ResourceClaimSpec } from "../generated/resource.k8s.io/v1.ts";
import { validateDriver, validateFullyQualifiedName, validateLabelName } from "./resource-names.ts";
import { validateRequest } from "./validate-requests.ts";

const ITEMS_MAX = 32;
const PARAMETERS_BYTES_MAX = 10 * 1024;
const UNKNOWN = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/** What is wrong with what a claim asks for. */
export function validateClaimSpec(spec: ResourceClaimSpec | undefined, field: string): FieldError[] {
  const { constraints = [], config = [] } = spec?.devices ?? {};
  const requests = spec?.devices?.requests ?? [];
  const path = `${field}.devices`;
  const names = requestNames(spec?.devices);
  const unique = uniqueness();
  return [
    ...limited(requests, `${path}.requests`, (request, at) => validateRequest(request, at)),
    ...(requests.length > ITEMS_MAX
      ? []
      : requests.flatMap(({ name }, index) => unique(name, `${path}.requests[${index}]`))),
    ...limited(constraints, `${path}.constraints`, (constraint, at) => validateConstraint(constraint, at, names)),
    ...limited(config, `${path}.config`, (each, at) => [
      ...validateReferences(each.requests, `${at}.requests`, names),
      ...validateConfiguration(each, at),
    ]),
  ];
}

/** Each of the list, of which there are not too many. */
export function limited<T>(
  list: readonly T[],
  field: string,
  rule: (each: T, field: string) => FieldError[],
): FieldError[] {
  if (list.length > ITEMS_MAX) return [tooMany(field, list.length, ITEMS_MAX)];
  return list.flatMap((each, index) => rule(each, `${field}[${index}]`));
}

/** Names that parts of a claim refer to: requests, and alternatives of them as `request/alternative`. */
export function requestNames(claim: DeviceClaim | undefined): ReadonlySet<string> {
  return new Set(
    (claim?.requests ?? []).flatMap(({ name, firstAvailable }) => [
      name,
      ...(firstAvailable ?? []).map((sub) => `${name}/${sub.name}`),
    ]),
  );
}

function validateConstraint(constraint: DeviceConstraint, field: string, names: ReadonlySet<string>): FieldError[] {
  const { requests, matchAttribute, distinctAttribute } = constraint;
  const errors = validateReferences(requests, `${field}.requests`, names);
  if (matchAttribute !== undefined) {
    return [...errors, ...validateFullyQualifiedName(matchAttribute, `${field}.matchAttribute`)];
  }
  if (distinctAttribute !== undefined) {
    return [...errors, ...validateFullyQualifiedName(distinctAttribute, `${field}.distinctAttribute`)];
  }
  const message = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
  return [...errors, required(field, message)];
}

/** References to requests, each once. */
export function validateReferences(
  list: readonly string[] = [],
  field: string,
  names: ReadonlySet<string>,
): FieldError[] {
  if (list.length > ITEMS_MAX) return [tooMany(field, list.length, ITEMS_MAX)];
  const unique = uniqueness();
  return [
    ...list.flatMap((name, index) => validateReference(name, `${field}[${index}]`, names)),
    ...list.flatMap((name, index) => unique(name, `${field}[${index}]`)),
  ];
}

/** A reference to a request, or to an alternative of one. */
export function validateReference(name: string, field: string, names: ReadonlySet<string>): FieldError[] {
  const segments = name.split("/");
  if (segments.length > 2) return [invalid(field, name, UNKNOWN)];
  const errors = segments.flatMap((segment) => validateLabelName(segment, field));
  return names.has(name) ? errors : [...errors, invalid(field, name, UNKNOWN)];
}

/** What is wrong with what a driver is told. @param isStored it was there before there were limits */
export function validateConfiguration(
  { opaque }: { opaque?: { driver: string; parameters: unknown } },
  field: string,
  isStored = false,
): FieldError[] {
  if (opaque === undefined) return [required(`${field}.opaque`)];
  const path = `${field}.opaque`;
  const { driver, parameters } = opaque;
  return [
    ...validateDriver(driver, `${path}.driver`),
    ...validateParameters(parameters, `${path}.parameters`, isStored),
  ];
}

/** An object of whatever sort, not too large. */
export function validateParameters(parameters: unknown, field: string, isStored = false): FieldError[] {
  if (parameters === undefined) return [required(field)];
  if (!isStored && Buffer.byteLength(JSON.stringify(parameters)) > PARAMETERS_BYTES_MAX) {
    return [tooLong(field, PARAMETERS_BYTES_MAX)];
  }
  if (parameters === null) return [required(field)];
  if (typeof parameters === "object" && !Array.isArray(parameters)) return [];
  return [invalid(field, "<value omitted>", "must be a valid JSON object")];
}
