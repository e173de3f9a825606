import { parseDuration } from "../base/duration.ts";
import { CommandError, type Invocation } from "./command.ts";
import { text } from "./defaults.ts";

/** A whole number from 0 on; the default when the option is absent. @throws CommandError */
export function wholeNumberOf(invocation: Invocation, name: string, absent: number): number {
  const given = text(invocation, name);
  if (given === undefined) return absent;
  if (/^\d{1,9}$/.test(given)) return Number(given);
  throw new CommandError(`--${name} is a whole number, not "${given}"`, 2);
}

/** A duration as Go writes it, in milliseconds. @throws CommandError */
export function durationOf(invocation: Invocation, name: string, absentMs: number): number {
  const given = text(invocation, name);
  if (given === undefined) return absentMs;
  const milliseconds = parseDuration(given);
  if (milliseconds !== undefined && milliseconds >= 0) return milliseconds;
  throw new CommandError(`--${name} is a duration such as 30s or 1m30s, not "${given}"`, 2);
}

/** `true` or `false`. @throws CommandError */
export function switchOf(invocation: Invocation, name: string, absent: boolean): boolean {
  const given = text(invocation, name);
  if (given === undefined) return absent;
  if (given === "true" || given === "false") return given === "true";
  throw new CommandError(`--${name} is true or false, not "${given}"`, 2);
}
