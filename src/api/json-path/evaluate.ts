import { getField, isJsonObject } from "../patch/json-value.ts";
import { type Comparison, type JsonPath, JsonPathError, type Operator, type Step } from "./path.ts";

/**
 * Everything that a path finds in a value, in order. Fields that are not there find nothing.
 *
 * @throws JsonPathError when the path cannot be followed: an index out of bounds, a filter on what is no list, a comparison
 *   of different types
 */
export function evaluateJsonPath(path: JsonPath, value: unknown): unknown[] {
  let values = [value];
  for (const step of path) values = take(step, values);
  return values;
}

function take(step: Step, values: readonly unknown[]): unknown[] {
  switch (step.kind) {
    case "field":
      return values.flatMap((value) => {
        const found = isJsonObject(value) ? getField(value, step.name) : undefined;
        return found === undefined ? [] : [found];
      });
    case "wildcard":
      return values.flatMap(childrenOf);
    case "descendants":
      return values.flatMap(descendantsOf);
    case "index":
      return values.map((value) => elementAt(value, step.index));
    case "slice":
      return values.flatMap((value) => sliceOf(value, step));
    case "union":
      return values.flatMap((value) => step.paths.flatMap((path) => evaluateJsonPath(path, value)));
    case "filter":
      return values.flatMap((value) => filtered(value, step));
    case "literal":
      return [step.value];
  }
}

function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (!isJsonObject(value)) return [];
  return Object.keys(value)
    .sort()
    .map((key) => value[key]);
}

function descendantsOf(value: unknown): unknown[] {
  return [
    value,
    ...childrenOf(value)
      .filter((each) => typeof each === "object" && each !== null)
      .flatMap(descendantsOf),
  ];
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new JsonPathError(`${JSON.stringify(value)} is not array or slice`);
  return value;
}

function elementAt(value: unknown, index: number): unknown {
  const list = listOf(value);
  const at = index < 0 ? list.length + index : index;
  if (at < 0 || at >= list.length) {
    throw new JsonPathError(`array index out of bounds: index ${index}, length ${list.length}`);
  }
  return list[at];
}

function sliceOf(value: unknown, step: Step & { kind: "slice" }): unknown[] {
  const list = listOf(value);
  const stride = step.step ?? 1;
  if (stride <= 0) throw new JsonPathError("step must be > 0");
  const place = (index: number): number => Math.min(Math.max(index < 0 ? list.length + index : index, 0), list.length);
  const found: unknown[] = [];
  const end = place(step.end ?? list.length);
  for (let at = place(step.start ?? 0); at < end; at += stride) found.push(list[at]);
  return found;
}

function filtered(value: unknown, step: Step & { kind: "filter" }): unknown[] {
  if (!Array.isArray(value)) {
    throw new JsonPathError(`${JSON.stringify(value)} is not array or slice and cannot be filtered`);
  }
  return value.filter((element) => {
    const lefts = evaluateJsonPath(step.left, element);
    if (step.comparison === undefined) return lefts.length > 0;
    return passes(lefts, step.comparison, element);
  });
}

function passes(lefts: readonly unknown[], { operator, right }: Comparison, element: unknown): boolean {
  if (lefts.length === 0) return false;
  const rights = evaluateJsonPath(right, element);
  if (rights.length === 0) return false;
  if (lefts.length > 1 || rights.length > 1) throw new JsonPathError("can only compare one element at a time");
  return compare(lefts[0], rights[0], operator);
}

function compare(left: unknown, right: unknown, operator: Operator): boolean {
  if (typeof left !== typeof right || typeof left === "object") {
    throw new JsonPathError("incompatible types for comparison");
  }
  if (operator === "==") return left === right;
  if (operator === "!=") return left !== right;
  if (typeof left === "boolean") throw new JsonPathError("invalid type for comparison");
  const order = left === right ? 0 : (left as number) < (right as number) ? -1 : 1;
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order >= 0;
  }
}
