import { parseDuration, parseTimestamp } from "../evaluate/time.ts";
import { patternError } from "../library/regular-expression.ts";
import type { Call, Expression } from "../syntax/ast.ts";
import type { Checked } from "./context.ts";

const isMalformed: Readonly<Record<string, (text: string) => boolean>> = {
  duration: (text) => parseDuration(text) === undefined,
  timestamp: (text) => parseTimestamp(text) === undefined,
  matches: (text) => patternError(text) !== undefined,
};

/** Reports durations, times and patterns that are written out and malformed: they would fail whenever they are evaluated. */
export function checkLiterals(checked: Checked, report: (offset: number, message: string) => void): void {
  for (const call of checked.calls.keys()) {
    const argument = textArgument(call);
    if (argument?.kind !== "literal" || typeof argument.value !== "string") continue;
    if (isMalformed[call.name]?.(argument.value) === true) report(argument.offset, `invalid ${call.name} argument`);
  }
}

function textArgument(call: Call): Expression | undefined {
  return Object.hasOwn(isMalformed, call.name) ? call.arguments.at(-1) : undefined;
}
