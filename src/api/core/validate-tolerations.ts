import { optionalNamed } from "../field-checks.ts";
import { type FieldError, invalid, notSupported } from "../field-error.ts";
import type { Toleration } from "../generated/core/v1.ts";
import { labelValueErrors, qualifiedNameErrors } from "../names.ts";

const OPERATORS = ["Equal", "Exists"];
/** Known, but of a feature that is off (TaintTolerationComparisonOperators): upstream names them among the supported. */
const COMPARING = ["Lt", "Gt"];
/** Upstream lists these in their own order. */
const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** What is wrong with the tolerations of a pod. */
export function validateTolerations(tolerations: readonly Toleration[] | undefined, field: string): FieldError[] {
  return (tolerations ?? []).flatMap((toleration, index) => {
    const path = `${field}[${index}]`;
    const errors = optionalNamed(toleration.key, qualifiedNameErrors, `${path}.key`);
    const operator = toleration.operator ?? "";
    if (!toleration.key && operator !== "Exists") {
      errors.push(
        invalid(
          `${path}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== "NoExecute") {
      errors.push(
        invalid(
          `${path}.effect`,
          toleration.effect ?? "",
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      );
    }
    const value = toleration.value ?? "";
    if (operator === "" || operator === "Equal") {
      const wrong = labelValueErrors(value).join(";");
      if (wrong !== "") errors.push(invalid(`${path}.operator`, value, wrong));
    } else if (operator === "Exists") {
      if (value !== "") {
        errors.push(invalid(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"));
      }
    } else {
      const known = COMPARING.includes(operator) ? [...OPERATORS, ...COMPARING] : OPERATORS;
      errors.push(notSupported(`${path}.operator`, operator, known));
    }
    const { effect } = toleration;
    if (effect && !EFFECTS.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, EFFECTS));
    return errors;
  });
}
