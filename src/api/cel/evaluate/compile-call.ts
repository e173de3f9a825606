import { runtimeCost } from "../cost/runtime.ts";
import type { Overload } from "../library/overload.ts";
import type { Call, Expression } from "../syntax/ast.ts";
import { isOptional, type Type } from "../types/type.ts";
import { assembleCall, type Pick } from "./assemble-call.ts";
import { compileOperand } from "./compile-operand.ts";
import type { Compiler } from "./compiler.ts";
import { isEqual } from "./equality.ts";
import { isFailure, noSuchOverload } from "./failure.ts";
import type { Frame, Step } from "./frame.ts";
import { charge } from "./frame.ts";
import { fits } from "./runtime-type.ts";
import { index, optionalField, optionalIndex } from "./select.ts";
import { type CelList, Optional, Uint, type Value } from "./values.ts";

export function compileCall(compiler: Compiler, call: Call): Step {
  const isPath = call.name === "_[_]" || call.name === "_[?_]" || call.name === "_?._";
  const operands = call.arguments.map((argument, index) =>
    isPath && index === 0 ? compileOperand(compiler, argument) : compiler.compile(argument),
  );
  const [first, second, third] = operands as [Step, Step, Step];
  switch (call.name) {
    case "_&&_":
      return (frame) => decide(frame, operands, false);
    case "_||_":
      return (frame) => decide(frame, operands, true);
    case "_?_:_": {
      const [yes, no] = [branch(second, call.arguments[1]!), branch(third, call.arguments[2]!)];
      return (frame) => {
        const condition = first(frame);
        if (typeof condition !== "boolean") throw noSuchOverload();
        return condition ? yes(frame) : no(frame);
      };
    }
    case "_[_]":
      return indexing(first, branch(second, call.arguments[1]!));
    case "_[?_]": {
      const key = branch(second, call.arguments[1]!);
      return costingWhatIsThere((frame) => optionalIndex(first(frame), key(frame)));
    }
    case "_?._": {
      const key = call.arguments[1] as Expression & { kind: "literal" };
      return costingWhatIsThere((frame) => optionalField(first(frame), key.value as string));
    }
    case "or":
    case "orValue":
      return alternative(compiler, call) ?? compileFunction(compiler, call, operands);
    case "@in":
      return membership(compiler, call, operands) ?? compileFunction(compiler, call, operands);
    default:
      return compileFunction(compiler, call, operands);
  }
}

function indexing(container: Step, key: Step): Step {
  return (frame) => {
    const value = container(frame);
    charge(frame, 1);
    return index(value, key(frame));
  };
}

/** The name that a branch or an index begins with is resolved by what it belongs to, and costs nothing there. */
function branch(step: Step, expression: Expression): Step {
  let start = expression;
  while (start.kind === "select" && !start.testOnly) start = start.operand;
  if (start.kind !== "identifier") return step;
  return (frame) => {
    frame.cost -= 1;
    return step(frame);
  };
}

function costingWhatIsThere(step: (frame: Frame) => Optional): Step {
  return (frame) => {
    const found = step(frame);
    if (found.value !== undefined) charge(frame, 1);
    return found;
  };
}

/** `a.or(b)`, `a.orValue(b)` of an optional: the other is looked at only when there is need. */
function alternative(compiler: Compiler, call: Call): Step | undefined {
  const { target, arguments: list, name } = call;
  const [other] = list;
  if (target === undefined || other === undefined || !isOptional(compiler.checked.types.get(target) as Type)) return;
  const [first, second] = [compiler.compile(target), compiler.compile(other)];
  return (frame) => {
    const optional = first(frame);
    if (!(optional instanceof Optional)) throw noSuchOverload();
    if (optional.value === undefined) return second(frame);
    return name === "or" ? optional : optional.value;
  };
}

/** Whether something is in a list of constants: found at once. */
function membership(compiler: Compiler, call: Call, [element]: readonly Step[]): Step | undefined {
  const [, range] = call.arguments;
  if (range?.kind !== "list" || element === undefined) return undefined;
  const isPlain = range.elements.every(({ value: each, optional }) => {
    if (optional || each.kind !== "literal") return false;
    return typeof each.value !== "object" || each.value instanceof Uint;
  });
  if (!isPlain) return undefined;
  if (range.elements.length === 0) return () => false;
  const list = compiler.compile(range);
  return (frame) => {
    const value = element(frame);
    return (list(frame) as CelList).values().some((each) => isEqual(each, value));
  };
}

/** `&&` and `||`: a decisive operand makes up for errors of the others, on either side. */
function decide(frame: Frame, operands: readonly Step[], decisive: boolean): boolean {
  let failed: unknown;
  for (const operand of operands) {
    try {
      const value = operand(frame);
      if (value === decisive) return decisive;
      if (typeof value !== "boolean") failed ??= noSuchOverload();
    } catch (error) {
      if (!isFailure(error)) throw error;
      failed ??= error;
    }
  }
  if (failed !== undefined) throw failed;
  return !decisive;
}

function compileFunction(compiler: Compiler, call: Call, list: readonly Step[]): Step {
  const resolved = compiler.checked.calls.get(call);
  if (resolved === undefined) throw new Error(`the call of ${call.name} was not checked`);
  const isMember = call.target !== undefined && !resolved.isNamespaced;
  const steps = isMember ? [compiler.compile(call.target as Expression), ...list] : list;
  const nodes = isMember ? [call.target as Expression, ...call.arguments] : call.arguments;
  const types = nodes.map((node) => compiler.checked.types.get(node) as Type);
  const overload = pickOverload(resolved.overloads, types);
  const cost = runtimeCost(resolved.overloads[0] as Overload);
  return assembleCall(steps, overload, cost);
}

/** The overload to run: known when types are, else found by the values. */
function pickOverload(overloads: readonly Overload[], types: readonly Type[]): Overload | Pick {
  const [only] = overloads;
  const isSure =
    overloads.length === 1 && only?.parameters.every((parameter, at) => isCertain(types[at] as Type, parameter));
  if (isSure && only !== undefined) return only;
  return (values) => {
    const match = overloads.find(
      (overload) => overload.isUnguarded || overload.parameters.every((type, at) => fits(values[at] as Value, type)),
    );
    if (match === undefined) throw noSuchOverload();
    return match;
  };
}

function isCertain(found: Type, wanted: Type): boolean {
  if (wanted.kind === "dyn" || wanted.kind === "parameter") return true;
  return found.kind === wanted.kind && found.name === wanted.name && isNeverNull(found);
}

/** Objects, times and libraries' values may be null at run time though their type says otherwise. */
function isNeverNull(type: Type): boolean {
  return type.kind !== "object";
}
