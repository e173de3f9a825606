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
  return createEstimator(checked, variables)(expression).cost.max;
}

interface Local {
  readonly name: string;
  readonly estimate: Estimate;
  readonly outer: Local | undefined;
}

function createEstimator(
  checked: Checked,
  variables: ReadonlyMap<string, Declared>,
): (expression: Expression) => Estimate {
  let locals: Local | undefined;

  function estimate(expression: Expression): Estimate {
    const type = checked.types.get(expression) as Type;
    if (checked.constants.has(expression)) return { type, cost: fixed(1) };
    switch (expression.kind) {
      case "literal":
        return { type, cost: nothing, size: literalSize(expression.value) };
      case "identifier":
        return identifier(expression.name, type);
      case "select": {
        const whole = checked.qualified.get(expression);
        if (whole !== undefined) return identifier(whole, type);
        const operand = estimate(expression.operand);
        if (expression.testOnly) return { type, cost: operand.cost };
        return { type, cost: add(operand.cost, fixed(1)), ...locateField(operand, expression.field) };
      }
      case "call":
        return call(expression, type);
      case "list": {
        const elements = expression.elements.map(({ value }) => estimate(value));
        const element = unionOf(elements.map((item) => sizeOfNode(item)));
        return {
          type,
          cost: add(fixed(10), ...elements.map(({ cost }) => cost)),
          size: fixed(elements.length),
          ...(element && { element }),
        };
      }
      case "map": {
        const values = expression.entries.map(({ value }) => estimate(value));
        const keys = expression.entries.map(({ key }) => estimate(key));
        const element = unionOf(values.map((item) => sizeOfNode(item)));
        const cost = add(fixed(30), ...values.map(({ cost }) => cost), ...keys.map(({ cost }) => cost));
        return { type, cost, size: fixed(values.length), ...(element && { element }) };
      }
      case "message":
        return { type, cost: add(fixed(40), ...expression.entries.map(({ value }) => estimate(value).cost)) };
      case "comprehension":
        return comprehension(expression, type);
      case "optionalMap": {
        const target = estimate(expression.target);
        const body = withLocals([[expression.variable, inside(target)]], () => estimate(expression.body));
        return { ...body, type, cost: add(target.cost, body.cost, fixed(2)) };
      }
    }
  }

  function identifier(name: string, type: Type): Estimate {
    const plain = name.replace(/^\./, "");
    for (let local = locals; local !== undefined; local = local.outer)
      if (local.name === plain && name === plain) return { ...local.estimate, type, cost: fixed(1) };
    const declared = variables.get(plain);
    return { type, cost: fixed(1), ...(declared !== undefined && { declared }) };
  }

  function call(expression: Call, type: Type): Estimate {
    const list = expression.arguments.map(estimate);
    const resolved = checked.calls.get(expression);
    if (expression.name === "_&&_" || expression.name === "_||_") {
      const cost = add(...list.map(({ cost }) => cost));
      return { type, cost: { min: list[0]?.cost.min ?? 0, max: cost.max } };
    }
    if (expression.name === "_?_:_") return conditional(list, type);
    const isMember = expression.target !== undefined && resolved?.isNamespaced !== true;
    const values = isMember ? [estimate(expression.target as Expression), ...list] : list;
    const before = add(...values.map(({ cost }) => cost));
    if (expression.name === "_[_]" || expression.name === "_[?_]")
      return { type, cost: add(before, fixed(1)), ...locateElement(values[0] as Estimate) };
    if (expression.name === "_?._") {
      const key = expression.arguments[1];
      const field = key?.kind === "literal" ? String(key.value) : "";
      return { type, cost: add(before, fixed(1)), ...locateField(values[0] as Estimate, field) };
    }
    if (expression.name === "dyn" || expression.name === "orValue" || expression.name.startsWith("optional.")) {
      return { ...(values[0] ?? {}), type, cost: add(before, fixed(1)) };
    }
    const result = callEstimate(resolved?.overloads ?? [], values);
    return {
      type,
      cost: add(before, result.cost),
      ...(result.size && { size: result.size }),
      ...(result.element && { element: result.element }),
    };
  }

  function conditional([condition, yes, no]: readonly Estimate[], type: Type): Estimate {
    const [a, b] = [yes as Estimate, no as Estimate];
    return {
      type,
      cost: add((condition as Estimate).cost, union(a.cost, b.cost)),
      size: union(sizeOfNode(a), sizeOfNode(b)),
    };
  }

  function comprehension(expression: Comprehension, type: Type): Estimate {
    const range = estimate(expression.range);
    const key: Estimate = { type, cost: nothing, size: fixed(1) };
    const isList = range.type.kind === "list";
    const value = inside(range);
    const first = isList && expression.variables.length === 1 ? value : isList ? key : mapKey(type);
    const bound = expression.variables.map((name, index) => [name, index === 0 ? first : value] as const);
    const { condition, body } = withLocals(bound, () => ({
      condition: expression.condition === undefined ? nothing : estimate(expression.condition).cost,
      body: estimate(expression.body),
    }));
    const shape = rounds[expression.macro];
    const count = sizeOfNode(range);
    const loop = multiply(count, add(condition, body.cost, shape.round));
    const cost = add(range.cost, fixed(shape.once), loop);
    if (shape.once < 10) return { type, cost };
    const element = expression.macro === "filter" ? containedSize(range) : sizeOfNode(body);
    return {
      type,
      cost,
      size: { min: 0, max: count.max },
      ...(expression.macro === "filter" ? locateSame(range) : {}),
      element,
    };
  }

  function withLocals<Result>(bound: readonly (readonly [string, Estimate])[], run: () => Result): Result {
    const outer = locals;
    for (const [name, value] of bound) locals = { name, estimate: value, outer: locals };
    const result = run();
    locals = outer;
    return result;
  }

  return estimate;
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

const mapKey = (type: Type): Estimate => ({ type, cost: nothing });

const inside = (container: Estimate): Estimate => ({
  type: container.type,
  cost: nothing,
  ...locateElement(container),
});

const locateSame = (range: Estimate): Pick<Estimate, "declared"> =>
  range.declared === undefined ? {} : { declared: range.declared };

function unionOf(sizes: readonly Range[]): Range | undefined {
  return sizes.length === 0 ? undefined : sizes.reduce(union);
}

function literalSize(value: unknown): Range {
  if (typeof value === "string") return fixed(codePoints(value));
  return fixed(value instanceof Uint8Array ? value.length : 1);
}
