import { CelEvaluationError } from "../cel.ts";

/** Why an evaluation ends; thrown, and caught where upstream lets another operand decide (`||`, `&&`, `all`, `exists`). */
export function failure(message: string): CelEvaluationError {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new CelEvaluationError(message);
  Error.stackTraceLimit = before;
  return error;
}

export function noSuchOverload(): CelEvaluationError {
  return failure("no such overload");
}

/** Whether something else may still decide; too high a cost ends everything. */
export function isFailure(error: unknown): error is CelEvaluationError {
  return error instanceof CelEvaluationError && !error.isCostExceeded;
}

export function costExceeded(): CelEvaluationError {
  return new CelEvaluationError("operation cancelled: actual cost limit exceeded", { isCostExceeded: true });
}
