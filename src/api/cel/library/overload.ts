import type { Value } from "../evaluate/values.ts";
import type { Type } from "../types/type.ts";
import { parseType } from "../types/type.ts";

/** One form of a function: its parameter types, its result, and what it does. */
export interface Overload {
  readonly name: string;
  /** Called on its first parameter: `a.f(b)`. */
  readonly isMember: boolean;
  readonly parameters: readonly Type[];
  readonly result: Type;
  /** What it gets is looked at by itself. */
  readonly isUnguarded?: true;
  /** @throws CelEvaluationError */
  readonly run: Run;
}

// The checker has seen to it that a function gets what its parameters say.
// biome-ignore lint/suspicious/noExplicitAny: the one place where checked types meet TypeScript's
type Run = (...values: any[]) => Value;

/** `f(a, b)`; the name may have dots. */
export function global(name: string, parameters: readonly string[], result: string, run: Run): Overload {
  return { name, isMember: false, parameters: parameters.map(parseType), result: parseType(result), run };
}

/** `a.f(b)`, where the first parameter is what it is called on. */
export function member(name: string, parameters: readonly string[], result: string, run: Run): Overload {
  return { ...global(name, parameters, result, run), isMember: true };
}

/** The functions of an environment, by name. */
export type FunctionTable = ReadonlyMap<string, readonly Overload[]>;

export function functionTable(overloads: Iterable<Overload>): FunctionTable {
  const table = new Map<string, Overload[]>();
  for (const overload of overloads) {
    const others = table.get(overload.name);
    if (others === undefined) table.set(overload.name, [overload]);
    else others.push(overload);
  }
  return table;
}
