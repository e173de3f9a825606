import type { Checked } from "../check/context.ts";
import { codePoints } from "../library/standard.ts";
import type { Call, Comprehension, Expression } from "../syntax/ast.ts";
import type { Declared } from "../types/declared.ts";
import type { Type } from "../types/type.ts";
import { callEstimate } from "./call-estimate.ts";
import type { Estimate } from "./estimate-node.ts";
import { containedSize, locateElement, locateField, sizeOfNode } from "./estimate-node.ts";
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
  return estimate({ checked, variables, locals: undefined }, expression).cost.max;
}

interface Context {
  readonly checked: Checked;
  readonly variables: ReadonlyMap<string, Declared>;
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
  if (checked.constants.has(expression)) return { type, cost: fixed(1) };
  switch (expression.kind) {
    case "literal":
      return { type, cost: nothing, size: literalSize(expression.value) };
    case "identifier":
      return identifier(context, expression.name, type);
    case "select": {
      const whole = checked.qualified.get(expression);
      if (whole !== undefined) return identifier(context, whole, type);
      const operand = estimate(context, expression.operand);
      if (expression.testOnly) return { type, cost: operand.cost };
      return { type, cost: add(operand.cost, fixed(1)), ...locateField(operand, expression.field) };
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
    case "optionalMap": {
      const target = estimate(context, expression.target);
      const body = estimate(withLocals(context, [[expression.variable, inside(target)]]), expression.body);
      return { ...body, type, cost: add(target.cost, body.cost, fixed(2)) };
    }
  }
}

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
  if (name === "_[_]" || name === "_[?_]") return { type, cost: add(before, fixed(1)), ...locateElement(first) };
  if (name === "_?._") {
    const key = expression.arguments[1];
    const field = key?.kind === "literal" ? String(key.value) : "";
    return { type, cost: add(before, fixed(1)), ...locateField(first, field) };
  }
  // What these give is as large as what they got.
  const isSame = name === "dyn" || name === "orValue" || name.startsWith("optional.");
  if (isSame) return { ...first, type, cost: add(before, fixed(1)) };
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
  transformList: { round: fixed(12), once: 11 },
  transformMap: { round: fixed(3), once: 31 },
  transformMapEntry: { round: fixed(2), once: 31 },
};

function comprehension(context: Context, expression: Comprehension, type: Type): Estimate {
  const { macro, variables } = expression;
  const range = estimate(context, expression.range);
  const value = inside(range);
  const isList = range.type.kind === "list";
  const index: Estimate = { type, cost: nothing, size: fixed(1) };
  const first = !isList ? { type, cost: nothing } : variables.length === 1 ? value : index;
  const bound = variables.map((name, at) => [name, at === 0 ? first : value] as const);
  const within = withLocals(context, bound);
  const condition = expression.condition === undefined ? nothing : estimate(within, expression.condition).cost;
  const body = estimate(within, expression.body);
  const { round, once } = rounds[macro];
  const count = sizeOfNode(range);
  const cost = add(range.cost, fixed(once), multiply(count, add(condition, body.cost, round)));
  if (type.kind === "bool") return { type, cost };
  const size = { min: 0, max: count.max };
  if (macro !== "filter") return { type, cost, size, element: sizeOfNode(body) };
  const { declared } = range;
  return { type, cost, size, element: containedSize(range), ...(declared !== undefined && { declared }) };
}

const inside = (container: Estimate): Estimate => ({
  type: container.type,
  cost: nothing,
  ...locateElement(container),
});

function literalSize(value: unknown): Range {
  if (typeof value === "string") return fixed(codePoints(value));
  return fixed(value instanceof Uint8Array ? value.length : 1);
}
