import { nameAndCreationColumns } from "../columns.ts";
import { invalids, uniqueness } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type { LimitRange, LimitRangeItem } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { qualifiedNameErrors } from "../names.ts";
import { compareQuantities, quantityMilli, tryParseQuantity } from "../quantity.ts";
import { setResourceListDefaults } from "./resource-list.ts";
import { isOvercommitAllowed, validateContainerResourceName, validateResourceName } from "./validate-resources.ts";

const LISTS = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;

export const limitRangeKind = defineKind<LimitRange>({
  group: "",
  version: "v1",
  kind: "LimitRange",
  setDefaults({ spec }) {
    for (const item of spec?.limits ?? []) setItemDefaults(item);
  },
  prepareForCreate({ metadata }) {
    // A range that nobody names is named by chance.
    if (metadata !== undefined && !metadata.name && metadata.uid !== undefined) metadata.name = metadata.uid;
  },
  validate({ spec }) {
    const unique = uniqueness();
    return (spec?.limits ?? []).flatMap((item, index) => [
      ...validateType(item.type ?? "", `spec.limits[${index}].type`),
      ...unique(item.type, `spec.limits[${index}].type`),
      ...validateItem(item, `spec.limits[${index}]`),
    ]);
  },
  columns: nameAndCreationColumns,
});

function setItemDefaults(item: LimitRangeItem): void {
  if (item.type === "Container") {
    item.default = { ...item.max, ...item.default };
    item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
    for (const key of ["default", "defaultRequest"] as const)
      if (Object.keys(item[key]!).length === 0) delete item[key];
  }
  for (const key of LISTS) setResourceListDefaults(item[key]);
}

const STANDARD_TYPES = ["Pod", "Container", "PersistentVolumeClaim"];

function validateType(type: string, field: string): FieldError[] {
  const errors = invalids(field, type, qualifiedNameErrors(type));
  if (errors.length > 0 || type.includes("/") || STANDARD_TYPES.includes(type)) return errors;
  return [invalid(field, type, "must be a standard limit type or fully qualified")];
}

function validateItem(item: LimitRangeItem, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const isOfPods = item.type === "Pod";
  const nameRule = isOfPods || item.type === "Container" ? validateContainerResourceName : validateResourceName;
  const names = new Set<string>();
  for (const list of LISTS) {
    const given = Object.keys(item[list] ?? {});
    if (isOfPods && (list === "default" || list === "defaultRequest")) {
      if (given.length > 0)
        errors.push(forbiddenField(`${field}.${list}`, "may not be specified when `type` is 'Pod'"));
      continue;
    }
    if (list === "maxLimitRequestRatio" && item.type === "PersistentVolumeClaim") {
      if (item.min?.storage === undefined && item.max?.storage === undefined) {
        const message = "either minimum or maximum storage value is required, but neither was provided";
        errors.push(required(`${field}.limits`, message));
      }
    }
    for (const name of given) {
      errors.push(...nameRule(name, `${field}.${list}[${name}]`));
      names.add(name);
    }
  }
  return [...errors, ...[...names].flatMap((name) => validateAmounts(item, name, field))];
}

/** Any text may be a name, also that of a method which every object has. */
const ownAmount = (amounts: Readonly<Record<string, string>> | undefined, name: string): string | undefined =>
  amounts !== undefined && Object.hasOwn(amounts, name) ? amounts[name] : undefined;

const isMore = (low: string | undefined, high: string | undefined): boolean => {
  const [a, b] = [tryParseQuantity(low), tryParseQuantity(high)];
  return a !== undefined && b !== undefined && compareQuantities(a, b) > 0;
};

/** The amounts of one resource: in order, and as far apart as they may be. */
function validateAmounts(item: LimitRangeItem, name: string, field: string): FieldError[] {
  const amount = (list: (typeof LISTS)[number]): string | undefined => ownAmount(item[list], name);
  const [min, max, ratio] = [amount("min"), amount("max"), amount("maxLimitRequestRatio")];
  const isOfPods = item.type === "Pod";
  const [limit, request] = isOfPods ? [] : [amount("default"), amount("defaultRequest")];
  const errors: FieldError[] = [];
  const check = (low: string | undefined, high: string | undefined, error: () => FieldError): void => {
    if (isMore(low, high)) errors.push(error());
  };
  const at = (list: string): string => `${field}.${list}[${name}]`;
  check(min, max, () => invalid(at("min"), min, `min value ${min} is greater than max value ${max}`));
  check(min, request, () =>
    invalid(at("defaultRequest"), request, `min value ${min} is greater than default request value ${request}`),
  );
  check(request, max, () =>
    invalid(at("defaultRequest"), request, `default request value ${request} is greater than max value ${max}`),
  );
  check(request, limit, () =>
    invalid(
      at("defaultRequest"),
      request,
      `default request value ${request} is greater than default limit value ${limit}`,
    ),
  );
  check(min, limit, () => invalid(at("default"), min, `min value ${min} is greater than default value ${limit}`));
  check(limit, max, () => invalid(at("default"), max, `default value ${limit} is greater than max value ${max}`));
  errors.push(...validateRatio({ min, max, ratio }, at("maxLimitRequestRatio")));
  if (!isOvercommitAllowed(name) && (isMore(limit, request) || isMore(request, limit))) {
    const message = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
    errors.push(invalid(at("defaultRequest"), request, message));
  }
  return errors;
}

function validateRatio(
  { min, max, ratio }: { min: string | undefined; max: string | undefined; ratio: string | undefined },
  field: string,
): FieldError[] {
  if (ratio === undefined) return [];
  const errors = isMore("1", ratio) ? [invalid(field, ratio, `ratio ${ratio} is less than 1`)] : [];
  if (min === undefined || max === undefined) return errors;
  const limit = quantityMilli(max) / quantityMilli(min);
  if (quantityMilli(ratio) / 1000 <= limit) return errors;
  return [...errors, invalid(field, ratio, `ratio ${ratio} is greater than max/min = ${limit.toFixed(6)}`)];
}
