import { parseDuration, parseTimestamp, timestampOf } from "../evaluate/time.ts";
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
    const { value } = argument?.kind === "literal" ? argument : {};
    if (call.name === "timestamp" && typeof value === "bigint" && timestampOf(value * 1_000_000_000n) === undefined) {
      report(argument!.offset, "invalid timestamp argument");
    }
    if (argument?.kind !== "literal" || typeof argument.value !== "string") continue;
    if (isMalformed[call.name]?.(argument.value) === true) report(argument.offset, `invalid ${call.name} argument`);
  }
}

/** Why what is written out cannot be made ready for evaluation: a pattern that is none. */
export function malformedPattern(checked: Checked): string | undefined {
  for (const call of checked.calls.keys()) {
    const [pattern] = call.arguments;
    if ((call.name !== "find" && call.name !== "findAll") || pattern?.kind !== "literal") continue;
    const why = typeof pattern.value === "string" ? patternError(pattern.value) : undefined;
    if (why !== undefined) return why;
  }
  return undefined;
}

function textArgument(call: Call): Expression | undefined {
  return Object.hasOwn(isMalformed, call.name) ? call.arguments.at(-1) : undefined;
}
