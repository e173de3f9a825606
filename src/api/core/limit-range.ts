import { nameAndCreationColumns } from "../columns.ts";
import { uniqueness } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid } from "../field-error.ts";
import type { LimitRange, LimitRangeItem } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { compareQuantities, tryParseQuantity } from "../quantity.ts";
import { type ResourceList, setResourceListDefaults } from "./resource-list.ts";
import { validateResourceName, validateResourceQuantity } from "./validate-resources.ts";

const LISTS = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;

export const limitRangeKind = defineKind<LimitRange>({
  group: "",
  version: "v1",
  kind: "LimitRange",
  setDefaults({ spec }) {
    for (const item of spec?.limits ?? []) setItemDefaults(item);
  },
  validate({ spec }) {
    const unique = uniqueness();
    return (spec?.limits ?? []).flatMap((item, index) => [
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

function validateItem(item: LimitRangeItem, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of LISTS) {
    for (const [name, text] of Object.entries(item[list] ?? {})) {
      const path = `${field}.${list}[${name}]`;
      errors.push(...validateResourceName(name, path), ...validateResourceQuantity(name, text, path));
    }
  }
  if (item.type === "Pod") {
    for (const key of ["default", "defaultRequest"] as const) {
      if (item[key] !== undefined)
        errors.push(forbiddenField(`${field}.${key}`, "may not be specified when `type` is 'Pod'"));
    }
  }
  const names = new Set(LISTS.slice(0, 4).flatMap((list) => Object.keys(item[list] ?? {})));
  for (const name of names) {
    const order: readonly [string, ResourceList | undefined, string, ResourceList | undefined][] = [
      ["min", item.min, "max", item.max],
      ["min", item.min, "defaultRequest", item.defaultRequest],
      ["defaultRequest", item.defaultRequest, "max", item.max],
      ["defaultRequest", item.defaultRequest, "default", item.default],
      ["default", item.default, "max", item.max],
    ];
    for (const [lower, low, upper, high] of order) {
      const [a, b] = [tryParseQuantity(low?.[name]), tryParseQuantity(high?.[name])];
      if (a === undefined || b === undefined || compareQuantities(a, b) <= 0) continue;
      const [la, lb] = [words[lower], words[upper]];
      errors.push(
        invalid(
          `${field}.${lower}[${name}]`,
          low![name],
          `${la} value ${low![name]} is greater than ${lb} value ${high![name]}`,
        ),
      );
    }
  }
  return errors;
}

const words: Readonly<Record<string, string>> = {
  min: "min",
  max: "max",
  default: "default",
  defaultRequest: "default request",
};
