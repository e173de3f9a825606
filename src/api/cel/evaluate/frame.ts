import { costExceeded } from "./failure.ts";
import type { Value } from "./values.ts";

/** One evaluation: the values of its variables, and what it has cost so far. */
export interface Frame {
  readonly slots: Value[];
  cost: number;
  readonly limit: number;
}

/** A compiled node. */
export type Step = (frame: Frame) => Value;

/** @throws CelEvaluationError beyond the limit */
export function charge(frame: Frame, units: number): void {
  frame.cost += units;
  if (frame.cost > frame.limit) throw costExceeded();
}
