import { ageColumn, nameColumn } from "../columns.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, invalid, required, tooLong } from "../field-error.ts";
import type { PoolStatus, ResourcePoolStatusRequest } from "../generated/resource.k8s.io/v1alpha3.ts";
import { defineKind } from "../kind.ts";
import { validateConditions } from "../metav1-conditions.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { validateDriver, validatePool } from "./resource-names.ts";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1000;
const PROBLEM_BYTES_MAX = 256;

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
      ...(spec?.driver ? validateDriver(spec.driver, "spec.driver") : [required("spec.driver")]),
      ...(spec?.poolName === undefined ? [] : validatePool(spec.poolName, "spec.poolName")),
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
      ...pools.flatMap((pool, index) => validatePoolStatus(pool, `status.pools[${index}]`)),
      ...validateConditions(status.conditions, "status.conditions"),
    ];
  },
  columns: [nameColumn, ageColumn],
});

function validatePoolStatus(pool: PoolStatus, field: string): FieldError[] {
  const { driver, poolName, generation, resourceSliceCount, nodeName, validationError = "" } = pool;
  const counts = ["totalDevices", "allocatedDevices", "availableDevices", "unavailableDevices"] as const;
  return [
    ...(driver ? validateDriver(driver, `${field}.driver`) : [required(`${field}.driver`)]),
    ...validatePool(poolName, `${field}.poolName`),
    ...atLeast(0, generation, `${field}.generation`),
    ...atLeast(1, resourceSliceCount, `${field}.resourceSliceCount`),
    ...counts.flatMap((count) => atLeast(0, pool[count], `${field}.${count}`)),
    ...(nodeName === undefined ? [] : invalids(`${field}.nodeName`, nodeName, dnsSubdomainErrors(nodeName))),
    ...(Buffer.byteLength(validationError) > PROBLEM_BYTES_MAX
      ? [tooLong(`${field}.validationError`, PROBLEM_BYTES_MAX)]
      : []),
  ];
}

function atLeast(least: number, value: number | undefined, field: string): FieldError[] {
  if (value === undefined || value >= least) return [];
  return [invalid(field, value, `must be greater than or equal to ${least}`)];
}
