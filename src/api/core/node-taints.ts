import { invalids } from "../field-checks.ts";
import { duplicate, type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { Taint } from "../generated/core/v1.ts";
import { labelValueErrors, qualifiedNameErrors } from "../names.ts";

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** What is wrong with the taints of a node. */
export function validateTaints(taints: readonly Taint[], field: string): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap(({ key = "", value = "", effect = "", timeAdded }, index) => {
    const path = `${field}[${index}]`;
    const errors = invalids(`${path}.key`, key, qualifiedNameErrors(key));
    const wrongValue = labelValueErrors(value);
    if (wrongValue.length > 0) errors.push(invalid(`${path}.value`, value, wrongValue.join(";")));
    if (effect === "") errors.push(required(`${path}.effect`));
    else if (!EFFECTS.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, EFFECTS));
    const known = `${effect} ${key}`;
    if (seen.has(known)) {
      // What Go shows of a taint.
      const shown = duplicate(path, { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded ?? null });
      errors.push({ ...shown, message: `${shown.message}: taints must be unique by key and effect pair` });
    }
    seen.add(known);
    return errors;
  });
}
