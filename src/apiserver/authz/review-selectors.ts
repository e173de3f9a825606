import { type FieldError, invalid, required } from "../../api/field-error.ts";
import type { ResourceAttributes } from "../../api/generated/authorization.k8s.io/v1.ts";
import { qualifiedNameErrors } from "../../api/names.ts";
import { valueCountErrors } from "../../api/selectors.ts";
import {
  fieldRequirements,
  fieldSelectorText,
  labelRequirements,
  labelSelectorText,
  type Requirement,
} from "./selector-requirements.ts";

interface Selector {
  readonly rawSelector?: string;
  readonly requirements?: readonly Requirement[];
}

/** What is wrong with the selectors of a review (pkg/apis/authorization/validation). */
export function selectorErrors({ fieldSelector, labelSelector }: ResourceAttributes, path: string): FieldError[] {
  return [
    ...formErrors(fieldSelector, `${path}.fieldSelector`, () => []),
    ...formErrors(labelSelector, `${path}.labelSelector`, qualifiedNameErrors),
  ];
}

function formErrors(selector: Selector | undefined, path: string, keyErrors: (key: string) => string[]): FieldError[] {
  if (selector === undefined) return [];
  const { rawSelector = "", requirements = [] } = selector;
  if (rawSelector !== "" && requirements.length > 0) {
    return [invalid(`${path}.rawSelector`, rawSelector, "may not specified at the same time as requirements")];
  }
  if (rawSelector === "" && requirements.length === 0) {
    return [required(`${path}.requirements`, `when ${path} is specified, requirements or rawSelector is required`)];
  }
  return requirements.flatMap((each, index) => requirementErrors(each, `${path}.requirements[${index}]`, keyErrors));
}

function requirementErrors(requirement: Requirement, path: string, keyErrors: (key: string) => string[]): FieldError[] {
  const { key, operator, values = [] } = requirement;
  const errors = key
    ? keyErrors(key).map((detail) => invalid(`${path}.key`, key, detail))
    : [required(`${path}.key`, "must be specified")];
  const wrongValues = valueCountErrors(operator, values, path);
  if (wrongValues !== undefined) errors.push(...wrongValues);
  else if (operator) errors.push(invalid(`${path}.operator`, operator, "not a valid selector operator"));
  else errors.push(required(`${path}.operator`, "must be specified"));
  return errors;
}

/** The selectors as attributes of a request carry them. What cannot be read narrows nothing. */
export function selectorTexts({ fieldSelector, labelSelector }: ResourceAttributes): {
  fieldSelector: string;
  labelSelector: string;
} {
  return {
    fieldSelector: fieldSelector?.rawSelector || fieldSelectorText(fieldSelector?.requirements ?? []),
    labelSelector: labelSelector?.rawSelector || labelSelectorText(labelSelector?.requirements ?? []),
  };
}

/** What could not be taken into account. */
export function selectorProblems(asked: ResourceAttributes | undefined): string[] {
  const raw = (selector: Selector | undefined): string => selector?.rawSelector ?? "";
  const problems: string[] = [];
  if (fieldRequirements(raw(asked?.fieldSelector)) === undefined) {
    problems.push("spec.resourceAttributes.fieldSelector ignored due to parse error");
  }
  if (labelRequirements(raw(asked?.labelSelector)) === undefined) {
    problems.push("spec.resourceAttributes.labelSelector ignored due to parse error");
  }
  return problems;
}
