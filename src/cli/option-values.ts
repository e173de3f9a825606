import type { Invocation } from "./command.ts";
import { text } from "./defaults.ts";
import { durationOf, switchOf } from "./number-option.ts";

/** Values with commas between them; undefined when the option was not given. */
export function list(invocation: Invocation, name: string): string[] | undefined {
  return text(invocation, name)
    ?.split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

/** `true`, `false`, or nothing said. @throws CommandError */
export function trueOrFalse(invocation: Invocation, name: string): boolean | undefined {
  return text(invocation, name) === undefined ? undefined : switchOf(invocation, name, false);
}

/** A duration in milliseconds, or nothing said. @throws CommandError */
export function durationMs(invocation: Invocation, name: string): number | undefined {
  return text(invocation, name) === undefined ? undefined : durationOf(invocation, name, 0);
}
