import type { Expression } from "../syntax/ast.ts";
import type { Compiler } from "./compiler.ts";
import type { Step } from "./frame.ts";
import { charge } from "./frame.ts";

const PATHS = new Set(["_[_]", "_[?_]", "_?._", "_?_:_"]);

/** What a field or an element is taken from: a unit more where that is no name, nor itself a part of something. */
export function compileOperand(compiler: Compiler, operand: Expression): Step {
  const step = compiler.compile(operand);
  const isPath =
    operand.kind === "identifier" ||
    (operand.kind === "select" && !operand.testOnly) ||
    (operand.kind === "call" && PATHS.has(operand.name));
  return isPath ? step : costingOne(step);
}

export function costingOne(step: Step): Step {
  return (frame) => {
    charge(frame, 1);
    return step(frame);
  };
}
