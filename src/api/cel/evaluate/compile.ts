import { CelEvaluationError } from "../cel.ts";
import type { Checked } from "../check/context.ts";
import type { Expression } from "../syntax/ast.ts";
import { compileCall } from "./compile-call.ts";
import { compileOperand, costingOne } from "./compile-operand.ts";
import type { Compiler } from "./compiler.ts";
import { compileComprehension } from "./comprehension.ts";
import { failure } from "./failure.ts";
import type { Frame, Step } from "./frame.ts";
import { charge } from "./frame.ts";
import { compileOptionalMap } from "./optional-map.ts";
import { hasField, selectField } from "./select.ts";
import type { Value } from "./values.ts";
import { CelList, EntryMap, MessageValue, Optional, Uint } from "./values.ts";

/** @param variables the slots that the caller fills, in order */
export function createCompiler(checked: Checked, variables: readonly string[]): Compiler & { slotCount(): number } {
  const scope: { name: string; slot: number }[] = variables.map((name, slot) => ({ name, slot }));
  let count = variables.length;
  return {
    checked,
    slotCount: () => count,
    slotOf: (name) => {
      const plain = name.startsWith(".") ? name.slice(1) : name;
      const found = name.startsWith(".")
        ? scope.find((entry) => entry.name === plain)
        : scope.findLast((entry) => entry.name === plain);
      if (found === undefined) throw new Error(`no slot for the variable ${name}`);
      return found.slot;
    },
    withLocals(names, body) {
      const slots = names.map((name) => {
        scope.push({ name, slot: count });
        return count++;
      });
      const result = body(slots);
      scope.length -= names.length;
      return result;
    },
    compile(expression) {
      return compileNode(this, expression);
    },
  };
}

function compileNode(compiler: Compiler, expression: Expression): Step {
  const constant = constantOf(compiler, expression);
  if (constant !== undefined) return () => constant;
  return compileVariable(compiler, expression);
}

/** What is known now costs nothing: upstream's planner computes it once. Undefined for all else, and for what fails. */
function constantOf(compiler: Compiler, expression: Expression): Value | undefined {
  const named = compiler.checked.constants.get(expression);
  if (named !== undefined) return named;
  if (expression.kind === "literal" || !isConstant(compiler.checked, expression)) return undefined;
  try {
    return compileVariable(compiler, expression)({ slots: [], cost: 0, limit: Number.POSITIVE_INFINITY });
  } catch (error) {
    if (error instanceof CelEvaluationError) return undefined;
    throw error;
  }
}

const CONVERSIONS = new Set([
  "bool",
  "bytes",
  "double",
  "duration",
  "dyn",
  "int",
  "string",
  "timestamp",
  "type",
  "uint",
]);

function isConstant(checked: Checked, expression: Expression): boolean {
  const isKnown = (part: Expression): boolean => isConstant(checked, part);
  switch (expression.kind) {
    case "literal":
      return true;
    case "list":
      return expression.elements.every(({ value, optional }) => !optional && isKnown(value));
    case "map":
      return expression.entries.every(({ key, value, optional }) => !optional && isKnown(key) && isKnown(value));
    case "call": {
      const { name, target, arguments: list } = expression;
      return target === undefined && list.length === 1 && CONVERSIONS.has(name) && list.every(isKnown);
    }
    default:
      return checked.constants.has(expression);
  }
}

function compileVariable(compiler: Compiler, expression: Expression): Step {
  switch (expression.kind) {
    case "literal": {
      const { value } = expression;
      return () => value;
    }
    case "identifier": {
      const slot = compiler.slotOf(expression.name);
      return costingOne((frame) => frame.slots[slot] as Value);
    }
    case "select": {
      const whole = compiler.checked.qualified.get(expression);
      if (whole !== undefined) {
        const slot = compiler.slotOf(whole);
        return costingOne((frame) => frame.slots[slot] as Value);
      }
      const operand = compileOperand(compiler, expression.operand);
      const { field } = expression;
      if (expression.testOnly) return (frame) => hasField(operand(frame), field);
      return (frame) => {
        const value = operand(frame);
        // What is not there in an optional is not looked at.
        if (!(value instanceof Optional)) charge(frame, 1);
        const found = selectField(value, field);
        if (found instanceof Optional && value instanceof Optional && found.value !== undefined) charge(frame, 1);
        return found;
      };
    }
    case "call":
      return compileCall(compiler, expression);
    case "list":
      return compileList(compiler, expression);
    case "map":
      return compileMap(compiler, expression);
    case "message":
      return compileMessage(compiler, expression);
    case "comprehension":
      return compileComprehension(compiler, expression);
    case "optionalMap":
      return compileOptionalMap(compiler, expression);
  }
}

/** What `[?a]` and `{?k: a}` put in: nothing when the optional is empty. */
function optionalContent(value: Value): Value | undefined {
  if (value instanceof Optional) return value.value;
  throw failure("cannot initialize optional entry from non-optional value");
}

function compileList(compiler: Compiler, expression: Expression & { kind: "list" }): Step {
  const steps = expression.elements.map(({ value, optional }) => ({ step: compiler.compile(value), optional }));
  return (frame) => {
    charge(frame, 10);
    const items: Value[] = [];
    for (const { step, optional } of steps) {
      const value = optional ? optionalContent(step(frame)) : step(frame);
      if (value !== undefined) items.push(value);
    }
    return new CelList(items);
  };
}

function compileMap(compiler: Compiler, expression: Expression & { kind: "map" }): Step {
  const steps = expression.entries.map(({ key, value, optional }) => ({
    key: compiler.compile(key),
    value: compiler.compile(value),
    optional,
  }));
  return (frame) => {
    charge(frame, 30);
    const entries: [Value, Value][] = [];
    for (const { key, value, optional } of steps) {
      const name = mapKey(key(frame));
      const content = optional ? optionalContent(value(frame)) : value(frame);
      if (content !== undefined) entries.push([name, content]);
    }
    const map = new EntryMap(entries);
    if (map.size !== entries.length) throw failure("Failed with repeated key");
    return map;
  };
}

export function mapKey(key: Value): Value {
  if (typeof key === "object" && !(key instanceof Uint)) throw failure("unsupported key type");
  return key;
}

function compileMessage(compiler: Compiler, expression: Expression & { kind: "message" }): Step {
  const steps = expression.entries.map(({ field, value, optional }) => ({
    field,
    step: compiler.compile(value),
    optional,
  }));
  const { name } = expression;
  return (frame: Frame) => {
    charge(frame, 40);
    const fields = new Map<string, Value>();
    for (const { field, step, optional } of steps) {
      const value = optional ? optionalContent(step(frame)) : step(frame);
      if (value !== undefined) fields.set(field, value);
    }
    return new MessageValue(name, fields);
  };
}
