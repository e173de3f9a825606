import type { Checked } from "../check/context.ts";
import { codePoints } from "../library/standard.ts";
import type { Call, Comprehension, Expression, OptionalMap } from "../syntax/ast.ts";
import type { Declared } from "../types/declared.ts";
import type { Type } from "../types/type.ts";
import { callEstimate, sortEstimate } from "./call-estimate.ts";
import type { Estimate } from "./estimate-node.ts";
import { containedSize, locateElement, locateField, locateIterated, sizeOfNode } from "./estimate-node.ts";
import type { Range } from "./range.ts";
import { add, fixed, multiply, nothing, union } from "./range.ts";

/**
 * The worst that one evaluation may cost, by upstream's rules: every loop runs over the longest list that the declarations
 * allow, every text is as long as it may be, and the dearer branch is taken. Infinity when something has no declared length.
 */
export function estimateCost(
  expression: Expression,
  checked: Checked,
  variables: ReadonlyMap<string, Declared>,
): number {
  return estimate({ checked, variables, root: variables.get("self"), locals: undefined }, expression).cost.max;
}

interface Context {
  readonly checked: Checked;
  readonly variables: ReadonlyMap<string, Declared>;
  readonly root: Declared | undefined;
  readonly locals: Local | undefined;
}

interface Local {
  readonly name: string;
  readonly estimate: Estimate;
  readonly outer: Local | undefined;
}

function withLocals(context: Context, bound: readonly (readonly [string, Estimate])[]): Context {
  let { locals } = context;
  for (const [name, value] of bound) locals = { name, estimate: value, outer: locals };
  return { ...context, locals };
}

function estimate(context: Context, expression: Expression): Estimate {
  const { checked } = context;
  const type = checked.types.get(expression) as Type;
  if (checked.constants.has(expression)) {
    return { type, cost: fixed(1), ...(context.root !== undefined && { declared: context.root }) };
  }
  switch (expression.kind) {
    case "literal": {
      const { value } = expression;
      const integer = typeof value === "bigint" ? { integer: Number(value) } : {};
      return { type, cost: nothing, size: literalSize(value), ...integer };
    }
    case "identifier":
      return identifier(context, expression.name, type);
    case "select": {
      const whole = checked.qualified.get(expression);
      if (whole !== undefined) return identifier(context, whole, type);
      const operand = estimate(context, expression.operand);
      if (expression.testOnly) return { type, cost: operand.cost };
      const isCharged = SELECTED.has(operand.type.kind);
      return {
        type,
        cost: isCharged ? add(operand.cost, fixed(1)) : operand.cost,
        ...locateField(operand, expression.field, context.root),
      };
    }
    case "call":
      return call(context, expression, type);
    case "list":
      return aggregate(context, { base: 10, values: expression.elements.map(({ value }) => value), type });
    case "map": {
      const keys = expression.entries.map(({ key }) => estimate(context, key).cost);
      const map = aggregate(context, { base: 30, values: expression.entries.map(({ value }) => value), type });
      return { ...map, cost: add(map.cost, ...keys) };
    }
    case "message":
      return { type, cost: add(fixed(40), ...expression.entries.map(({ value }) => estimate(context, value).cost)) };
    case "comprehension":
      return comprehension(context, expression, type);
    case "optionalMap":
      return optionalMap(context, expression, type);
  }
}

/** What a selection costs depends on where it is made from. */
const SELECTED: ReadonlySet<Type["kind"]> = new Set(["map", "object", "parameter"]);

/** `target.hasValue() ? optional.of(cel.bind(v, target.value(), body)) : optional.none()`: the target is there twice. */
function optionalMap(context: Context, expression: OptionalMap, type: Type): Estimate {
  const target = estimate(context, expression.target);
  const bound: Estimate = { type: target.type.parameters[0] ?? target.type, cost: nothing };
  const body = estimate(withLocals(context, [[expression.variable, bound]]), expression.body);
  const some = add(fixed(expression.flat ? 0 : 1), fixed(BIND), target.cost, fixed(1), body.cost);
  return { type, cost: add(target.cost, fixed(1), union(some, fixed(1))) };
}

/** What a binding costs: the empty list that its loop runs over. */
const BIND = 10;

function identifier({ locals, variables }: Context, name: string, type: Type): Estimate {
  const plain = name.replace(/^\./, "");
  for (let local = locals; local !== undefined; local = local.outer)
    if (local.name === plain && name === plain) return { ...local.estimate, type, cost: fixed(1) };
  const declared = variables.get(plain);
  return { type, cost: fixed(1), ...(declared !== undefined && { declared }) };
}

/** A list or the values of a map, written out. */
function aggregate(context: Context, of: { base: number; values: readonly Expression[]; type: Type }): Estimate {
  const values = of.values.map((value) => estimate(context, value));
  const cost = add(fixed(of.base), ...values.map((value) => value.cost));
  const sizes = values.map((value) => sizeOfNode(value));
  const size = fixed(values.length);
  return { type: of.type, cost, size, ...(sizes.length > 0 && { element: sizes.reduce(union) }) };
}

function call(context: Context, expression: Call, type: Type): Estimate {
  const { name, target } = expression;
  const list = expression.arguments.map((argument) => estimate(context, argument));
  if (name === "_&&_" || name === "_||_") {
    const { max } = add(...list.map(({ cost }) => cost));
    return { type, cost: { min: list[0]?.cost.min ?? 0, max } };
  }
  if (name === "_?_:_") return conditional(list, type);
  const resolved = context.checked.calls.get(expression);
  const isMember = target !== undefined && resolved?.isNamespaced !== true;
  const values = isMember ? [estimate(context, target), ...list] : list;
  const before = add(...values.map(({ cost }) => cost));
  const [first] = values as [Estimate];
  if (name === "_[_]") return { type, cost: add(before, fixed(1)), ...locateElement(first, context.root) };
  if (name === "_?._" || name === "_[?_]") return { type, cost: add(before, fixed(1)) };
  if (name === "dyn") {
    return { type, cost: add(before, fixed(1)), size: sizeOfNode(first), element: containedSize(first) };
  }
  const { cost, ...sizes } = callEstimate(resolved?.overloads ?? [], values);
  return { type, cost: add(before, cost), ...sizes };
}

function conditional(list: readonly Estimate[], type: Type): Estimate {
  const [condition, yes, no] = list as [Estimate, Estimate, Estimate];
  const cost = add(condition.cost, union(yes.cost, no.cost));
  return { type, cost, size: union(sizeOfNode(yes), sizeOfNode(no)) };
}

/** What upstream's expansion of each macro costs besides its parts: in each round, and once. */
const rounds: Readonly<Record<Comprehension["macro"], { round: Range; once: number }>> = {
  all: { round: fixed(3), once: 1 },
  exists: { round: fixed(4), once: 1 },
  existsOne: { round: { min: 1, max: 2 }, once: 2 },
  filter: { round: { min: 1, max: 13 }, once: 11 },
  map: { round: fixed(12), once: 11 },
  sortBy: { round: fixed(12), once: 11 },
  transformList: { round: fixed(12), once: 11 },
  transformMap: { round: fixed(3), once: 31 },
  transformMapEntry: { round: fixed(2), once: 31 },
};

function comprehension(context: Context, expression: Comprehension, type: Type): Estimate {
  const { macro, variables } = expression;
  const range = estimate(context, expression.range);
  const value: Estimate = { type, cost: nothing, ...locateIterated(range, context.root) };
  const isList = range.type.kind === "list";
  const isElement = isList && variables.length === 1;
  // Keys have no declared length, indexes are numbers.
  const key: Estimate = range.declared === undefined ? value : { type, cost: nothing, size: fixed(isList ? 1 : 0) };
  const first = isElement ? value : key;
  const bound = variables.map((name, at) => [name, at === 0 ? first : value] as const);
  const within = withLocals(context, bound);
  const condition = expression.condition === undefined ? nothing : estimate(within, expression.condition).cost;
  const body = estimate(within, expression.body);
  const { round, once } = rounds[macro];
  const count = sizeOfNode(range);
  if (macro === "sortBy") {
    const loop = add(fixed(once), multiply(count, add(body.cost, round)));
    const { cost, ...sizes } = sortEstimate(count, body.type);
    return { type, cost: add(range.cost, fixed(BIND + 2), loop, cost), ...sizes };
  }
  const cost = add(range.cost, fixed(once), multiply(count, add(condition, body.cost, round)));
  if (type.kind === "bool") return { type, cost };
  const size = { min: 0, max: count.max };
  if (macro !== "filter") return { type, cost, size, element: sizeOfNode(body) };
  const { declared } = range;
  return { type, cost, size, element: containedSize(range), ...(declared !== undefined && { declared }) };
}

function literalSize(value: unknown): Range {
  if (typeof value === "string") return fixed(codePoints(value));
  return fixed(value instanceof Uint8Array ? value.length : 1);
}
