import { named, oneOf, requiredText, uniqueness } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required, tooMany } from "../field-error.ts";
import type {
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceClaimSpec,
} from "../generated/resource.k8s.io/v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors, qualifiedNameErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { driverErrors } from "./resource-names.ts";

const ITEMS_MAX = 32;
const ALTERNATIVES_MAX = 8;
const TOLERATIONS_MAX = 16;
const RESERVED_MAX = 256;
const EXPRESSION_BYTES_MAX = 10 * 1024;
const ONE_OF = "exactly one of `exactly` or `firstAvailable` is required";

/** What is wrong with what a claim asks for. */
export function validateClaimSpec(spec: ResourceClaimSpec | undefined, field: string): FieldError[] {
  const { requests = [], constraints = [], config = [] } = spec?.devices ?? {};
  const path = `${field}.devices`;
  const errors: FieldError[] = [];
  for (const [name, list] of Object.entries({ requests, constraints, config })) {
    if (list.length > ITEMS_MAX) errors.push(tooMany(`${path}.${name}`, list.length, ITEMS_MAX));
  }
  const unique = uniqueness();
  requests.forEach((request, index) => {
    const at = `${path}.requests[${index}]`;
    errors.push(...named(request.name, dnsLabelErrors, `${at}.name`), ...unique(request.name, `${at}.name`));
    errors.push(...validateRequest(request, at));
  });
  const names = namesOf(requests);
  const known = (list: readonly string[] | undefined, at: string): FieldError[] =>
    (list ?? []).flatMap((name, index) =>
      names.has(name)
        ? []
        : [
            invalid(
              `${at}[${index}]`,
              name,
              "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
            ),
          ],
    );
  constraints.forEach(({ requests: of, matchAttribute, distinctAttribute }, index) => {
    const at = `${path}.constraints[${index}]`;
    errors.push(...known(of, `${at}.requests`));
    if (matchAttribute === undefined && distinctAttribute === undefined) errors.push(required(`${at}.matchAttribute`));
  });
  config.forEach(({ requests: of, opaque }, index) => {
    const at = `${path}.config[${index}]`;
    errors.push(...known(of, `${at}.requests`));
    if (opaque === undefined) errors.push(required(`${at}.opaque`));
    else {
      errors.push(...named(opaque.driver, driverErrors, `${at}.opaque.driver`));
      if (opaque.parameters === undefined) errors.push(required(`${at}.opaque.parameters`));
    }
  });
  return errors;
}

function namesOf(requests: readonly DeviceRequest[]): ReadonlySet<string> {
  return new Set(
    requests.flatMap(({ name, firstAvailable }) => [
      name,
      ...(firstAvailable ?? []).map((sub) => `${name}/${sub.name}`),
    ]),
  );
}

function validateRequest(request: DeviceRequest, field: string): FieldError[] {
  const { exactly, firstAvailable = [] } = request;
  if (exactly !== undefined && firstAvailable.length > 0) {
    return [invalid(field, null, `${ONE_OF}, but multiple fields are set`)];
  }
  if (exactly !== undefined) return validateExact(exactly, `${field}.exactly`);
  if (firstAvailable.length === 0) return [required(field, ONE_OF)];
  const path = `${field}.firstAvailable`;
  const errors =
    firstAvailable.length > ALTERNATIVES_MAX ? [tooMany(path, firstAvailable.length, ALTERNATIVES_MAX)] : [];
  const unique = uniqueness();
  firstAvailable.forEach((sub, index) => {
    const at = `${path}[${index}]`;
    errors.push(...named(sub.name, dnsLabelErrors, `${at}.name`), ...unique(sub.name, `${at}.name`));
    errors.push(...validateExact(sub, at));
  });
  return errors;
}

function validateExact(request: ExactDeviceRequest | DeviceSubRequest, field: string): FieldError[] {
  const { deviceClassName, selectors, allocationMode, count = 0, tolerations } = request;
  const errors = [
    ...named(deviceClassName, dnsSubdomainErrors, `${field}.deviceClassName`),
    ...validateSelectors(selectors, `${field}.selectors`),
    ...oneOf(allocationMode, ["All", "ExactCount"], `${field}.allocationMode`),
  ];
  if (allocationMode === "All" && count !== 0) {
    errors.push(invalid(`${field}.count`, count, 'must not be specified when allocationMode is "All"'));
  }
  if (allocationMode === "ExactCount" && count <= 0) {
    errors.push(invalid(`${field}.count`, count, "must be greater than zero"));
  }
  return [...errors, ...validateTolerations(tolerations, `${field}.tolerations`)];
}

/** What is wrong with selectors of devices, but for what their programs say. */
export function validateSelectors(selectors: readonly DeviceSelector[] = [], field: string): FieldError[] {
  const errors = selectors.length > ITEMS_MAX ? [tooMany(field, selectors.length, ITEMS_MAX)] : [];
  selectors.forEach(({ cel }, index) => {
    const at = `${field}[${index}].cel`;
    if (cel === undefined) errors.push(required(at));
    else {
      errors.push(...requiredText(cel.expression, `${at}.expression`));
      if (Buffer.byteLength(cel.expression ?? "") > EXPRESSION_BYTES_MAX) {
        errors.push({
          reason: "FieldValueTooLong",
          field: `${at}.expression`,
          message: `Too long: may not be more than ${EXPRESSION_BYTES_MAX} bytes`,
        });
      }
    }
  });
  return errors;
}

function validateTolerations(tolerations: readonly DeviceToleration[] = [], field: string): FieldError[] {
  const errors = tolerations.length > TOLERATIONS_MAX ? [tooMany(field, tolerations.length, TOLERATIONS_MAX)] : [];
  tolerations.forEach(({ key, operator, value, effect }, index) => {
    const at = `${field}[${index}]`;
    if (key) errors.push(...named(key, qualifiedNameErrors, `${at}.key`));
    errors.push(...oneOf(operator, ["Equal", "Exists"], `${at}.operator`));
    if (operator === "Exists" && value) {
      errors.push(invalid(`${at}.value`, value, "must be empty for operator `Exists`"));
    }
    if (operator === "Equal" && !key) errors.push(required(`${at}.key`));
    if (effect) errors.push(...oneOf(effect, ["NoExecute", "NoSchedule"], `${at}.effect`));
  });
  return errors;
}

/** What is wrong with who uses a claim, and what it got. */
export function validateClaimStatus(claim: ResourceClaim, old: ResourceClaim): FieldError[] {
  const { reservedFor = [], allocation } = claim.status ?? {};
  const field = "status.reservedFor";
  const errors = immutable(claim.spec, old.spec, "spec");
  if (reservedFor.length > RESERVED_MAX) errors.push(tooMany(field, reservedFor.length, RESERVED_MAX));
  const unique = uniqueness();
  reservedFor.forEach(({ resource, name, uid }, index) => {
    const at = `${field}[${index}]`;
    errors.push(...requiredText(resource, `${at}.resource`), ...requiredText(name, `${at}.name`));
    errors.push(...requiredText(uid, `${at}.uid`), ...unique(uid, `${at}.uid`));
  });
  if (reservedFor.length > 0 && allocation === undefined) {
    errors.push(forbiddenField(field, "may not be specified when `allocated` is not set"));
  }
  const before = new Set((old.status?.reservedFor ?? []).map(({ uid }) => uid));
  if (claim.metadata?.deletionTimestamp !== undefined && reservedFor.some(({ uid }) => !before.has(uid))) {
    errors.push(
      forbiddenField(
        field,
        "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set",
      ),
    );
  }
  if (old.status?.allocation !== undefined && allocation !== undefined) {
    errors.push(...immutable(allocation, old.status.allocation, "status.allocation"));
  }
  return errors;
}
