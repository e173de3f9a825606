import { invalids } from "../field-checks.ts";
import { duplicate, type FieldError, invalid, tooMany } from "../field-error.ts";
import { qualifiedNameErrors } from "../names.ts";

const CONDITIONS_MAX = 4;

interface Binding {
  readonly bindingConditions?: readonly string[];
  readonly bindingFailureConditions?: readonly string[];
}

/** What must be true of a device before a pod is bound, and what must not become true: both or none, and never the same. */
export function validateBindingConditions(binding: Binding, field: string): FieldError[] {
  const { bindingConditions: wanted = [], bindingFailureConditions: feared = [] } = binding;
  const [path, failurePath] = [`${field}.bindingConditions`, `${field}.bindingFailureConditions`];
  const errors = [...validateNames(wanted, path), ...validateNames(feared, failurePath)];
  wanted.forEach((name, index) => {
    if (wanted.indexOf(name) < index) errors.push(duplicate(`${path}[${index}]`, name));
  });
  feared.forEach((name, index) => {
    const at = `${failurePath}[${index}]`;
    if (feared.indexOf(name) < index) errors.push(duplicate(at, name));
    if (wanted.includes(name)) {
      errors.push(invalid(at, name, "bindingFailureConditions must not overlap with bindingConditions"));
    }
  });
  if (wanted.length === 0 && feared.length > 0) {
    errors.push(invalid(path, null, "bindingConditions are required to use bindingFailureConditions"));
  }
  if (feared.length === 0 && wanted.length > 0) {
    errors.push(invalid(failurePath, null, "bindingFailureConditions are required to use bindingConditions"));
  }
  return errors;
}

function validateNames(names: readonly string[], field: string): FieldError[] {
  if (names.length > CONDITIONS_MAX) return [tooMany(field, names.length, CONDITIONS_MAX)];
  return names.flatMap((name, index) => invalids(`${field}[${index}]`, name, qualifiedNameErrors(name)));
}
