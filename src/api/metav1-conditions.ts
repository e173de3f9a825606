import { duplicate, type FieldError, invalid, notSupported, required, tooLong } from "./field-error.ts";
import { qualifiedNameErrors } from "./names.ts";

const STATUSES = ["False", "True", "Unknown"];
const REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
const REASON_MAX = 1024;
const MESSAGE_MAX = 32 * 1024;

interface Condition {
  type?: string;
  status?: string;
  observedGeneration?: number;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
}

/** What is wrong with conditions of the shape that all kinds share (metav1.Condition). */
export function validateConditions(conditions: readonly Condition[] | undefined, field: string): FieldError[] {
  const seen = new Set<string>();
  return (conditions ?? []).flatMap((condition, index) => {
    const { type = "" } = condition;
    const path = `${field}[${index}]`;
    const errors = seen.has(type) ? [duplicate(`${path}.type`, type)] : [];
    seen.add(type);
    return [...errors, ...validateCondition(condition, path)];
  });
}

function validateCondition(condition: Condition, field: string): FieldError[] {
  const { type = "", status = "", reason = "", message = "", observedGeneration = 0 } = condition;
  const errors = qualifiedNameErrors(type).map((why) => invalid(`${field}.type`, type, why));
  if (!STATUSES.includes(status)) errors.push(notSupported(`${field}.status`, status, STATUSES));
  if (observedGeneration < 0) {
    const detail = "must be greater than or equal to zero";
    errors.push(invalid(`${field}.observedGeneration`, observedGeneration, detail));
  }
  if (!condition.lastTransitionTime) errors.push(required(`${field}.lastTransitionTime`, "must be set"));
  if (reason === "") errors.push(required(`${field}.reason`, "must be set"));
  else if (!new RegExp(`^${REASON}$`).test(reason)) {
    const detail = `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${REASON}')`;
    errors.push(invalid(`${field}.reason`, reason, detail));
  }
  if (reason.length > REASON_MAX) errors.push(tooLong(`${field}.reason`, REASON_MAX));
  if (message.length > MESSAGE_MAX) errors.push(tooLong(`${field}.message`, MESSAGE_MAX));
  return errors;
}
