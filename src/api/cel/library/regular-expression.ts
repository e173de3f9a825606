import { RE2JS } from "re2js";
import { failure } from "../evaluate/failure.ts";

const kept = new Map<string, RE2JS>();
const mostKept = 500;

/** A compiled pattern in RE2's syntax, which takes time in proportion to its input. @throws CelEvaluationError */
export function matcher(pattern: string): RE2JS {
  const known = kept.get(pattern);
  if (known !== undefined) return known;
  const compiled = compilePattern(pattern);
  if (typeof compiled === "string") throw failure(compiled);
  if (kept.size >= mostKept) kept.delete(kept.keys().next().value as string);
  kept.set(pattern, compiled);
  return compiled;
}

/** Why a pattern is none; undefined when it is one. */
export function patternError(pattern: string): string | undefined {
  const compiled = kept.get(pattern) ?? compilePattern(pattern);
  return typeof compiled === "string" ? compiled : undefined;
}

function compilePattern(pattern: string): RE2JS | string {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
