import { invalids, requiredText } from "../../api/field-checks.ts";
import { type FieldError, invalid, required } from "../../api/field-error.ts";
import type { ResourceAttributes } from "../../api/generated/authorization.k8s.io/v1.ts";
import { labelValueErrors, qualifiedNameErrors } from "../../api/names.ts";
import { valueCountErrors } from "../../api/selectors.ts";
import {
  fieldRequirements,
  fieldSelectorText,
  isFieldRequirement,
  isLabelRequirement,
  labelRequirements,
  labelSelectorText,
  type Requirement,
} from "./selector-requirements.ts";

interface Selector {
  readonly rawSelector?: string;
  readonly requirements?: readonly Requirement[];
}

/**
 * What is wrong with the selectors of a review (pkg/apis/authorization/validation). Operators that nobody here knows are
 * left to newer servers: without their requirement the question is about more.
 */
export function selectorErrors({ fieldSelector, labelSelector }: ResourceAttributes, path: string): FieldError[] {
  return [
    ...formErrors(fieldSelector, `${path}.fieldSelector`, fieldRequirementErrors),
    ...formErrors(labelSelector, `${path}.labelSelector`, labelRequirementErrors),
  ];
}

function formErrors(
  selector: Selector | undefined,
  path: string,
  rule: (requirement: Requirement, path: string) => FieldError[],
): FieldError[] {
  if (selector === undefined) return [];
  const { rawSelector = "", requirements = [] } = selector;
  const errors: FieldError[] = [];
  if (rawSelector !== "" && requirements.length > 0) {
    errors.push(invalid(`${path}.rawSelector`, rawSelector, "may not specified at the same time as requirements"));
  }
  if (rawSelector === "" && requirements.length === 0) {
    errors.push(required(`${path}.requirements`, `when ${path} is specified, requirements or rawSelector is required`));
  }
  return [...errors, ...requirements.flatMap((each, index) => rule(each, `${path}.requirements[${index}]`))];
}

function fieldRequirementErrors({ key, operator, values = [] }: Requirement, path: string): FieldError[] {
  return [
    ...requiredText(key, `${path}.key`, "must be specified"),
    ...(valueCountErrors(operator, values, path) ?? []),
  ];
}

function labelRequirementErrors({ key = "", operator, values = [] }: Requirement, path: string): FieldError[] {
  return [
    ...(valueCountErrors(operator, values, path) ?? []),
    ...invalids(`${path}.key`, key, qualifiedNameErrors(key)),
    ...values.flatMap((value, index) => invalids(`${path}.values[${index}]`, value, labelValueErrors(value))),
  ];
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
export function selectorProblems({ fieldSelector, labelSelector }: ResourceAttributes = {}): string[] {
  return [
    ...ignored("fieldSelector", fieldSelector, { parse: fieldRequirements, isKnown: isFieldRequirement }),
    ...ignored("labelSelector", labelSelector, { parse: labelRequirements, isKnown: isLabelRequirement }),
  ];
}

function ignored(
  name: string,
  selector: Selector | undefined,
  of: { parse: (text: string) => unknown; isKnown: (requirement: Requirement) => boolean },
): string[] {
  const { rawSelector = "", requirements = [] } = selector ?? {};
  const known = requirements.filter(of.isKnown).length;
  if (of.parse(rawSelector) !== undefined && known === requirements.length) return [];
  return [`spec.resourceAttributes.${name} ${known > 0 ? "partially ignored" : "ignored"} due to parse error`];
}
