import type { Overload } from "../library/overload.ts";
import { isFailure } from "./failure.ts";
import type { Frame, Step } from "./frame.ts";
import { charge } from "./frame.ts";
import type { Value } from "./values.ts";

/** Finds the overload to run by the values. */
export type Pick = (values: readonly Value[]) => Overload;

type Cost = number | ((values: readonly Value[], result: Value) => number);

/**
 * A call of a function. As upstream, a failed argument does not spare the other one of two, nor the cost of the call; with more
 * arguments than two the first failure is the end.
 */
export function assembleCall(steps: readonly Step[], target: Overload | Pick, cost: Cost): Step {
  if (typeof target !== "function" && typeof cost === "number") {
    const { run } = target;
    const [first, second] = steps as [Step, Step];
    if (steps.length === 1)
      return (frame) => {
        charge(frame, cost);
        return run(first(frame));
      };
    if (steps.length === 2)
      return (frame) => {
        charge(frame, cost);
        let value: Value;
        try {
          value = first(frame);
        } catch (error) {
          if (isFailure(error)) attempt(frame, second);
          throw error;
        }
        return run(value, second(frame));
      };
  }
  return (frame) => {
    const values = argumentsOf(frame, steps, cost);
    let result: Value | undefined;
    try {
      const overload = typeof target === "function" ? target(values) : target;
      result = overload.run(...values);
    } catch (error) {
      if (isFailure(error)) chargeFailed(frame, cost, values);
      throw error;
    }
    charge(frame, typeof cost === "number" ? cost : cost(values, result));
    return result;
  };
}

function argumentsOf(frame: Frame, steps: readonly Step[], cost: Cost): readonly Value[] {
  const [first, second] = steps;
  if (steps.length > 2 || first === undefined) return steps.map((step) => step(frame));
  let value: Value;
  try {
    value = first(frame);
  } catch (error) {
    if (isFailure(error)) chargeFailed(frame, cost, [undefined, second && attempt(frame, second)]);
    throw error;
  }
  if (second === undefined) return [value];
  try {
    return [value, second(frame)];
  } catch (error) {
    if (isFailure(error)) chargeFailed(frame, cost, [value, undefined]);
    throw error;
  }
}

/** A call that has failed: what is not there counts as the smallest of its kind. */
function chargeFailed(frame: Frame, cost: Cost, values: readonly (Value | undefined)[]): void {
  const units = typeof cost === "number" ? cost : cost(values as Value[], undefined as unknown as Value);
  charge(frame, Number.isFinite(units) ? units : 1);
}

function attempt(frame: Frame, step: Step): Value | undefined {
  try {
    return step(frame);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return undefined;
  }
}
