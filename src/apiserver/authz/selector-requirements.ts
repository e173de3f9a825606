import { parseFieldSelector } from "../../api/field-selectors.ts";
import type { FieldSelectorRequirement } from "../../api/generated/meta/v1.ts";
import { parseLabelSelector } from "../../api/label-selector-parser.ts";

/** A requirement on fields or labels, as reviews spell it. */
export type Requirement = FieldSelectorRequirement;

/** What a field selector demands; undefined when it cannot be read: then it narrows nothing. */
export function fieldRequirements(selector: string): Requirement[] | undefined {
  return attempt(() =>
    parseFieldSelector(selector).map(({ field, operator, value }) => ({
      key: field,
      operator: operator === "=" ? "In" : "NotIn",
      values: [value],
    })),
  );
}

/** What a label selector demands, as far as reviews can say it: comparisons of numbers are left out. */
export function labelRequirements(selector: string): Requirement[] | undefined {
  return attempt(() =>
    parseLabelSelector(selector)
      .filter(({ operator }) => operator !== "Gt" && operator !== "Lt")
      .map(({ key, operator, values }) => ({ key, operator, ...(values.length === 0 ? {} : { values: [...values] }) })),
  );
}

/** Whether field selectors can say it. */
export const isFieldRequirement = ({ operator, values }: Requirement): boolean =>
  (operator === "In" || operator === "NotIn") && values?.length === 1;

/** Whether label selectors can say it. */
export const isLabelRequirement = ({ operator }: Requirement): boolean =>
  ["In", "NotIn", "Exists", "DoesNotExist"].includes(operator);

/** The text of a field selector that demands the same, as far as field selectors can say it. */
export function fieldSelectorText(requirements: readonly Requirement[]): string {
  return requirements
    .filter(isFieldRequirement)
    .map(({ key, operator, values }) => {
      const value = (values?.[0] ?? "").replace(/[\\,=]/g, "\\$&");
      return `${key}${operator === "In" ? "=" : "!="}${value}`;
    })
    .join(",");
}

/** The text of a label selector that demands the same. */
export function labelSelectorText(requirements: readonly Requirement[]): string {
  return requirements
    .flatMap(({ key, operator, values = [] }) => {
      switch (operator) {
        case "In":
          return [`${key} in (${values.join(",")})`];
        case "NotIn":
          return [`${key} notin (${values.join(",")})`];
        case "Exists":
          return [key];
        case "DoesNotExist":
          return [`!${key}`];
        default:
          return [];
      }
    })
    .join(",");
}

function attempt(parse: () => Requirement[]): Requirement[] | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
