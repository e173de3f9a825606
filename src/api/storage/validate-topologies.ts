import { named } from "../field-checks.ts";
import { duplicate, type FieldError, required } from "../field-error.ts";
import type { TopologySelectorTerm } from "../generated/core/v1.ts";
import { qualifiedNameErrors } from "../names.ts";
import { equalJson } from "../patch/json-value.ts";

/** What is wrong with the places to which a class keeps its volumes. */
export function validateTopologies(terms: readonly TopologySelectorTerm[] | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen: unknown[] = [];
  (terms ?? []).forEach((term, index) => {
    const at = `${field}[${index}]`;
    const values: Record<string, readonly string[]> = {};
    (term.matchLabelExpressions ?? []).forEach((requirement, position) => {
      const path = `${at}.matchLabelExpressions[${position}]`;
      errors.push(...validateRequirement(requirement, path));
      if (Object.hasOwn(values, requirement.key)) errors.push(duplicate(`${path}.key`, requirement.key));
      values[requirement.key] = [...new Set(requirement.values)].sort();
    });
    if (seen.some((each) => equalJson(each, values))) errors.push(duplicate(`${at}.matchLabelExpressions`, ""));
    seen.push(values);
  });
  return errors;
}

function validateRequirement(requirement: { key: string; values: readonly string[] }, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { values = [] } = requirement;
  if (values.length === 0) errors.push(required(`${field}.values`));
  values.forEach((value, index) => {
    if (values.indexOf(value) < index) errors.push(duplicate(`${field}.values[${index}]`, value));
  });
  return [...errors, ...named(requirement.key, qualifiedNameErrors, `${field}.key`)];
}
