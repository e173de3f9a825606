import type { FieldError } from "../field-error.ts";

/** A part of an object, on its way through a schema. */
export interface Node {
  readonly value: unknown;
  /** What it was before; undefined when there was nothing, or nothing that this continues. */
  readonly old: unknown;
  /** From the root, e.g. `spec.list[0].x`; what is below a root that is no property starts with a dot. */
  readonly path: string;
}

/** What a validation has found so far. */
export interface Run {
  readonly errors: FieldError[];
  /** How many checks went by: of several alternatives that fail, upstream tells of the one that came furthest. */
  matches: number;
}

export type Check = (node: Node, run: Run) => void;

export const newRun = (): Run => ({ errors: [], matches: 0 });

/** Takes over what an inner run has found. */
export function merge(run: Run, inner: Run): void {
  run.errors.push(...inner.errors);
  run.matches += inner.matches;
}

/** Field of an error: upstream has no name for the root. */
export const fieldOf = (path: string): string => {
  const name = path.startsWith(".") ? path.slice(1) : path;
  return name === "" ? "<nil>" : name;
};
