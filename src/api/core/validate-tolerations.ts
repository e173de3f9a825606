import { invalids, oneOf, optionalNamed, optionalOneOf, uniqueness } from "../field-checks.ts";
import { type FieldError, invalid } from "../field-error.ts";
import type { Taint, Toleration } from "../generated/core/v1.ts";
import { labelValueErrors, qualifiedNameErrors } from "../names.ts";

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
    if (operator === "" || operator === "Equal") {
      errors.push(
        ...invalids(`${path}.operator`, toleration.value ?? "", labelValueErrors(toleration.value ?? "").slice(0, 1)),
      );
    } else if (operator === "Exists") {
      if (toleration.value) {
        errors.push(invalid(`${path}.operator`, toleration.value, "value must be empty when `operator` is 'Exists'"));
      }
    } else errors.push(...optionalOneOf(operator, ["Equal", "Exists"], `${path}.operator`));
    return [...errors, ...optionalOneOf(toleration.effect, EFFECTS, `${path}.effect`)];
  });
}

/** What is wrong with the taints of a node. */
export function validateTaints(taints: readonly Taint[] | undefined, field: string): FieldError[] {
  const unique = uniqueness();
  return (taints ?? []).flatMap((taint, index) => {
    const path = `${field}[${index}]`;
    return [
      ...invalids(`${path}.key`, taint.key ?? "", qualifiedNameErrors(taint.key ?? "")),
      ...invalids(`${path}.value`, taint.value ?? "", labelValueErrors(taint.value ?? "")),
      ...oneOf(taint.effect, EFFECTS, `${path}.effect`),
      ...unique(`${taint.key}:${taint.effect}`, path),
    ];
  });
}
