import { sortCost } from "../cost/runtime.ts";
import { sortedBy } from "../library/list-functions.ts";
import type { Comprehension } from "../syntax/ast.ts";
import type { Compiler } from "./compiler.ts";
import { failure, isFailure, noSuchOverload } from "./failure.ts";
import type { Frame, Step } from "./frame.ts";
import { charge } from "./frame.ts";
import type { Value } from "./values.ts";
import { CelList, CelMap, EntryMap } from "./values.ts";

/** Costs of what upstream's expansion of each macro does in one round besides the body, and once at the end. */
const roundCost: Readonly<Record<string, number>> = { all: 3, exists: 4 };
/** The same where the round's condition holds, or where there is none. */
const takenCost = {
  existsOne: 2,
  filter: 13,
  map: 12,
  transformMap: 3,
  transformMapEntry: 2,
} as const;
const endCost = {
  all: 1,
  exists: 1,
  existsOne: 2,
  filter: 1,
  map: 1,
  sortBy: 1,
  transformList: 1,
  transformMap: 1,
  transformMapEntry: 1,
} as const;
const breakCost: Readonly<Record<string, number>> = { all: 2, exists: 3 };

interface Loop {
  readonly expression: Comprehension;
  readonly range: Step;
  readonly slots: readonly number[];
  readonly condition: Step | undefined;
  readonly body: Step;
}

export function compileComprehension(compiler: Compiler, expression: Comprehension): Step {
  const range = compiler.compile(expression.range);
  return compiler.withLocals(expression.variables, (slots) => {
    const condition = expression.condition === undefined ? undefined : compiler.compile(expression.condition);
    const loop: Loop = { expression, range, slots, condition, body: compiler.compile(expression.body) };
    return evaluatorOf(loop);
  });
}

function evaluatorOf(loop: Loop): Step {
  const { macro } = loop.expression;
  switch (macro) {
    case "all":
      return (frame) => quantified(frame, loop, false);
    case "exists":
      return (frame) => quantified(frame, loop, true);
    case "existsOne":
      return (frame) => existsOne(frame, loop);
    case "filter":
      return (frame) => filtered(frame, loop);
    case "map":
    case "transformList":
      return (frame) => listed(frame, loop);
    case "sortBy":
      return (frame) => sorted(frame, loop);
    case "transformMap":
    case "transformMapEntry":
      return (frame) => mapped(frame, loop);
  }
}

/**
 * Runs `round` for every element, with the variables set, until it says stop. As upstream, a round that fails does not end the
 * loop: the failure is its result.
 */
function forEach(frame: Frame, loop: Loop, round: (first: Value, hasFailed: boolean) => boolean | undefined): void {
  const range = loop.range(frame);
  const { macro } = loop.expression;
  const cost = roundCost[macro] ?? 0;
  const [first, second] = loop.slots as [number, number | undefined];
  const isList = range instanceof CelList;
  if (!isList && !(range instanceof CelMap)) throw noSuchOverload();
  const keys = isList ? undefined : range.keys();
  const size = isList ? range.size : (keys?.length ?? 0);
  let failed: unknown;
  for (let at = 0; at < size; at++) {
    const key = isList ? BigInt(at) : (keys?.[at] as Value);
    const variable = second === undefined && isList ? range.at(at) : key;
    frame.slots[first] = variable;
    if (second !== undefined) frame.slots[second] = isList ? range.at(at) : ((range as CelMap).get(key) ?? null);
    charge(frame, cost);
    try {
      if (round(variable, failed !== undefined) === true) {
        if (at + 1 < size) charge(frame, breakCost[macro] ?? 0);
        break;
      }
    } catch (error) {
      if (!isFailure(error)) throw error;
      failed ??= error;
    }
  }
  charge(frame, endCost[macro]);
  if (failed !== undefined) throw failed;
}

/** `all` and `exists`: one decisive element makes up for errors of the others. */
function quantified(frame: Frame, loop: Loop, decisive: boolean): boolean {
  let failed: unknown;
  let isDecided = false;
  forEach(frame, loop, () => {
    try {
      const value = loop.body(frame);
      if (typeof value !== "boolean") throw noSuchOverload();
      isDecided = value === decisive;
    } catch (error) {
      if (!isFailure(error)) throw error;
      failed ??= error;
    }
    return isDecided;
  });
  if (isDecided) return decisive;
  if (failed !== undefined) throw failed;
  return !decisive;
}

function existsOne(frame: Frame, loop: Loop): boolean {
  let count = 0;
  forEach(frame, loop, () => {
    if (truth(loop.body(frame))) {
      charge(frame, takenCost.existsOne);
      count++;
    }
    return false;
  });
  return count === 1;
}

function filtered(frame: Frame, loop: Loop): CelList {
  const items: Value[] = [];
  forEach(frame, loop, (element) => {
    if (truth(loop.body(frame))) {
      charge(frame, takenCost.filter);
      items.push(element);
    }
    return false;
  });
  return new CelList(items);
}

function listed(frame: Frame, loop: Loop): CelList {
  const items: Value[] = [];
  forEach(frame, loop, () => {
    if (loop.condition === undefined || truth(loop.condition(frame))) {
      charge(frame, takenCost.map);
      items.push(loop.body(frame));
    }
    return false;
  });
  return new CelList(items);
}

/** A binding of the list, a loop for its keys, and the call that sorts it by these: upstream's expansion of the macro. */
function sorted(frame: Frame, loop: Loop): CelList {
  const range = loop.range(frame);
  if (!(range instanceof CelList)) throw noSuchOverload();
  charge(frame, BINDING_COST);
  const keys = listed(frame, { ...loop, range: () => range });
  charge(frame, sortCost(keys));
  return sortedBy(range, keys.values());
}

/** The names of the binding, as what is sorted and as what the keys are made of. */
const BINDING_COST = 2;

function mapped(frame: Frame, loop: Loop): EntryMap {
  const entries: (readonly [Value, Value])[] = [];
  const seen = new Set<unknown>();
  forEach(frame, loop, (key, hasFailed) => {
    if (loop.condition !== undefined && !truth(loop.condition(frame))) return false;
    if (hasFailed && loop.expression.macro === "transformMap") {
      // The map is the first of three arguments: the others are not looked at.
      charge(frame, 1);
      return false;
    }
    charge(frame, loop.expression.macro === "transformMap" ? takenCost.transformMap : takenCost.transformMapEntry);
    const value = loop.body(frame);
    if (loop.expression.macro === "transformMap") {
      entries.push([key, value]);
      return false;
    }
    if (!(value instanceof CelMap)) throw noSuchOverload();
    for (const name of value.keys()) {
      if (seen.has(name)) throw failure(`insert failed: key ${String(name)} already exists`);
      seen.add(name);
      entries.push([name, value.get(name) as Value]);
    }
    return false;
  });
  return new EntryMap(entries);
}

function truth(value: Value): boolean {
  if (typeof value !== "boolean") throw noSuchOverload();
  return value;
}
