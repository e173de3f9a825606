import { ageColumn, nameColumn } from "../columns.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, invalid, required, tooLong, tooMany } from "../field-error.ts";
import type { PoolStatus, ResourcePoolStatusRequest } from "../generated/resource.k8s.io/v1alpha3.ts";
import { defineKind } from "../kind.ts";
import { validateConditions } from "../metav1-conditions.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { validateDriver } from "./resource-names.ts";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1000;
const PROBLEM_BYTES_MAX = 256;
const POOLS_MAX = 1000;
const CONDITIONS_MAX = 10;
const POOL_BYTES_MAX = 253;

/** Asks once how much of a driver's pools is in use. */
export const resourcePoolStatusRequestKind = defineKind<ResourcePoolStatusRequest>({
  group: "resource.k8s.io",
  version: "v1alpha3",
  kind: "ResourcePoolStatusRequest",
  withoutGeneration: true,
  refusesUnconditionalUpdate: true,
  statusKeepsMetadata: true,
  setDefaults({ spec }) {
    if (spec !== undefined) spec.limit ??= LIMIT_DEFAULT;
  },
  prepareForCreate(request) {
    delete request.status;
  },
  validate({ spec }) {
    const limit = spec?.limit ?? 1;
    return [
      ...validateDriver(spec?.driver, "spec.driver"),
      ...(spec?.poolName === undefined ? [] : validateSegments(spec.poolName, "spec.poolName")),
      ...atLeast(1, limit, "spec.limit"),
      ...(limit > LIMIT_MAX ? [invalid("spec.limit", limit, `must be less than or equal to ${LIMIT_MAX}`)] : []),
    ];
  },
  validateUpdate: (request, old) => immutable(request.spec, old.spec, "spec"),
  validateStatusUpdate({ status }, old) {
    // Who has answered is done.
    if (old.status !== undefined) return immutable(status, old.status, "status");
    if (status === undefined) return [];
    const pools = status.pools ?? [];
    return [
      ...atLeast(0, status.poolCount, "status.poolCount"),
      ...atMost(POOLS_MAX, pools, "status.pools", validatePoolStatus),
      ...atMost(CONDITIONS_MAX, status.conditions ?? [], "status.conditions"),
      ...validateConditions(status.conditions, "status.conditions"),
    ];
  },
  columns: [nameColumn, ageColumn],
});

function validatePoolStatus(pool: PoolStatus, field: string): FieldError[] {
  const { driver, poolName, generation, resourceSliceCount, nodeName, validationError = "" } = pool;
  const counts = ["totalDevices", "allocatedDevices", "availableDevices", "unavailableDevices"] as const;
  return [
    ...validateDriver(driver, `${field}.driver`),
    ...(poolName ? validateSegments(poolName, `${field}.poolName`) : [required(`${field}.poolName`)]),
    ...atLeast(0, generation, `${field}.generation`),
    ...atLeast(1, resourceSliceCount, `${field}.resourceSliceCount`),
    ...counts.flatMap((count) => atLeast(0, pool[count], `${field}.${count}`)),
    ...(nodeName === undefined ? [] : invalids(`${field}.nodeName`, nodeName, dnsSubdomainErrors(nodeName))),
    ...(Buffer.byteLength(validationError) > PROBLEM_BYTES_MAX
      ? [tooLong(`${field}.validationError`, PROBLEM_BYTES_MAX)]
      : []),
  ];
}

/** Names with slashes between them: it is told which one is wrong. */
function validateSegments(name: string, field: string): FieldError[] {
  return [
    ...(Buffer.byteLength(name) > POOL_BYTES_MAX ? [tooLong(field, POOL_BYTES_MAX)] : []),
    ...name.split("/").flatMap((part, index) => {
      if (part === "") return [invalid(field, name, `segment ${index}: must not be empty`)];
      return dnsSubdomainErrors(part).map((why) => invalid(field, part, `segment ${index}: ${why}`));
    }),
  ];
}

/** Of too many none is looked at. */
function atMost<T>(
  most: number,
  list: readonly T[],
  field: string,
  rule: (each: T, field: string) => FieldError[] = () => [],
): FieldError[] {
  if (list.length > most) return [tooMany(field, list.length, most)];
  return list.flatMap((each, index) => rule(each, `${field}[${index}]`));
}

function atLeast(least: number, value: number | undefined, field: string): FieldError[] {
  if (value === undefined || value >= least) return [];
  return [invalid(field, value, `must be greater than or equal to ${least}`)];
}
