import type { Checked } from "../check/context.ts";
import type { Expression } from "../syntax/ast.ts";
import type { Step } from "./frame.ts";

/** What compiling needs to know: the checker's findings, and where variables are kept. */
export interface Compiler {
  readonly checked: Checked;
  /** The slot of a variable. */
  slotOf(name: string): number;
  /** Gives slots to local variables while `body` compiles. */
  withLocals<Result>(names: readonly string[], body: (slots: number[]) => Result): Result;
  compile(expression: Expression): Step;
}
