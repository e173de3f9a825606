import { resolve } from "node:path";
import type { Invocation } from "./command.ts";
import { text } from "./defaults.ts";
import { durationOf, switchOf } from "./number-option.ts";

/** Values with commas between them, or each for itself; undefined when the option was not given. */
export function list(invocation: Invocation, name: string): string[] | undefined {
  return texts(invocation, name)
    ?.flatMap((given) => given.split(","))
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

/** What was given each time; undefined when the option was not given, or was empty. */
export function texts(invocation: Invocation, name: string): readonly string[] | undefined {
  const value = invocation.options[name];
  return Array.isArray(value) ? value : value === undefined || value === "" ? undefined : [String(value)];
}

/** A file, by its whole path. */
export function file(invocation: Invocation, name: string): string | undefined {
  const path = text(invocation, name);
  return path === undefined ? undefined : resolve(path);
}

/** `true`, `false`, or nothing said. @throws CommandError */
export function trueOrFalse(invocation: Invocation, name: string): boolean | undefined {
  return text(invocation, name) === undefined ? undefined : switchOf(invocation, name, false);
}

/** A duration in milliseconds, or nothing said. @throws CommandError */
export function durationMs(invocation: Invocation, name: string): number | undefined {
  return text(invocation, name) === undefined ? undefined : durationOf(invocation, name, 0);
}
