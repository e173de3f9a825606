import { type FieldError, forbiddenField, invalid, required } from "./field-error.ts";
import { type LabelRequirement, SelectorError } from "./label-selector-parser.ts";
import { labelValueErrors, qualifiedNameErrors } from "./names.ts";

export type Labels = Readonly<Record<string, string>>;

/** metav1.LabelSelector. */
export interface LabelSelectorLike {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** True when the labels meet every requirement. */
export function matchesRequirements(requirements: readonly LabelRequirement[], labels: Labels | undefined): boolean {
  for (const requirement of requirements) if (!meets(requirement, labels ?? NO_LABELS)) return false;
  return true;
}

const NO_LABELS: Labels = {};

function meets({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt": {
      // A node selector may hold a bound that is no number (validation lets it pass): it matches nothing.
      const bound = values.length === 1 ? wholeNumber(values[0]) : undefined;
      const found = wholeNumber(value);
      if (bound === undefined || found === undefined) return false;
      return operator === "Gt" ? found > bound : found < bound;
    }
    default:
      return false;
  }
}

function wholeNumber(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[-+]?[0-9]+$/.test(text) ? BigInt(text) : undefined;
}

/** The requirements of a LabelSelector object. @throws SelectorError when it has an unknown operator */
export function requirementsOf(selector: LabelSelectorLike): LabelRequirement[] {
  const requirements: LabelRequirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: "In",
    values: [value],
  }));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    if (operator !== "In" && operator !== "NotIn" && operator !== "Exists" && operator !== "DoesNotExist") {
      throw new SelectorError(`"${operator}" is not a valid label selector operator`);
    }
    requirements.push({ key, operator, values: values ?? [] });
  }
  return requirements;
}

/** A LabelSelector object as a predicate: absent selects nothing, empty selects everything. @throws SelectorError */
export function labelSelectorOf(selector: LabelSelectorLike | undefined): (labels: Labels | undefined) => boolean {
  if (selector === undefined) return () => false;
  const requirements = requirementsOf(selector);
  return (labels) => matchesRequirements(requirements, labels);
}

/** True when the labels hold every pair of a plain map selector (Services). An empty map selects everything here. */
export function matchesMap(selector: Labels | undefined, labels: Labels | undefined): boolean {
  return Object.entries(selector ?? {}).every(
    ([key, value]) => labels !== undefined && Object.hasOwn(labels, key) && labels[key] === value,
  );
}

/** The selector as text, in the form that parseLabelSelector reads and kubectl prints. */
export function formatLabelSelector(selector: LabelSelectorLike | undefined): string {
  if (selector === undefined) return "<none>";
  const requirements = requirementsOf(selector).sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return requirements.length === 0 ? "<none>" : requirements.map((each) => formatRequirement(each, selector)).join(",");
}

function formatRequirement({ key, operator, values }: LabelRequirement, selector: LabelSelectorLike): string {
  switch (operator) {
    case "In": {
      const exact = selector.matchLabels !== undefined && selector.matchLabels[key] === values[0];
      return exact && values.length === 1 ? `${key}=${values[0]}` : `${key} in (${[...values].sort().join(",")})`;
    }
    case "NotIn":
      return `${key} notin (${[...values].sort().join(",")})`;
    case "Exists":
      return key;
    default:
      return `!${key}`;
  }
}

/** What is wrong with a LabelSelector object. */
export function validateLabelSelector(
  selector: LabelSelectorLike | undefined,
  field: string,
  options: { allowInvalidLabelValue?: boolean } = {},
): FieldError[] {
  if (selector === undefined) return [];
  const errors = validateLabels(selector.matchLabels, `${field}.matchLabels`);
  (selector.matchExpressions ?? []).forEach((expression, index) => {
    const path = `${field}.matchExpressions[${index}]`;
    const values = expression.values ?? [];
    const { operator = "" } = expression;
    errors.push(
      ...(valueCountErrors(operator, values, path) ?? [
        invalid(`${path}.operator`, operator, "not a valid selector operator"),
      ]),
    );
    for (const error of qualifiedNameErrors(expression.key ?? ""))
      errors.push(invalid(`${path}.key`, expression.key, error));
    if (options.allowInvalidLabelValue === true) return;
    values.forEach((value, at) => {
      for (const error of labelValueErrors(value)) errors.push(invalid(`${path}.values[${at}]`, value, error));
    });
  });
  return errors;
}

/** Whether the operator has the values that it needs; undefined for one that selectors of labels do not have. */
export function valueCountErrors(operator: string, values: readonly string[], path: string): FieldError[] | undefined {
  switch (operator) {
    case "In":
    case "NotIn":
      return values.length > 0
        ? []
        : [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case "Exists":
    case "DoesNotExist":
      return values.length === 0
        ? []
        : [forbiddenField(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    default:
      return undefined;
  }
}

/** What is wrong with a map of labels. */
export function validateLabels(labels: Labels | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    const value = labels[key]!;
    for (const error of qualifiedNameErrors(key)) errors.push(invalid(field, key, error));
    for (const error of labelValueErrors(value)) errors.push(invalid(field, value, error));
  }
  return errors;
}
