import { RE2JS } from "re2js";
import { failure } from "../evaluate/failure.ts";

const kept = new Map<string, RE2JS>();
const mostKept = 500;
/** Reading a pattern takes a few microseconds a character. */
const longestPattern = 20_000;
/**
 * Steps of a pattern's program times characters of the text: what matching takes at worst, about half a second. Upstream's
 * cost sees only the lengths of pattern and text, and `(a{100}){10}` is a short pattern.
 */
const mostWork = 100_000_000;

/**
 * Matches a text against a pattern in RE2's syntax, in time that is proportional to both.
 * @throws CelEvaluationError when the pattern is malformed, or it all is too much
 */
export function matcherOf(pattern: string, text: string): Matcher {
  return measuredMatcher(pattern, text).matcher;
}

type Matcher = ReturnType<RE2JS["matcher"]>;

/** The same for several searches in one text; `spend` is told how many characters the next one may read. */
export function measuredMatcher(pattern: string, text: string): { matcher: Matcher; spend(characters: number): void } {
  const compiled = compiledPattern(pattern);
  const steps = compiled.programSize();
  let work = 0;
  const spend = (characters: number): void => {
    work += steps * characters;
    if (work > mostWork)
      throw failure(`matching a text of ${text.length} characters against this pattern takes too long`);
  };
  spend(text.length);
  return { matcher: compiled.matcher(text), spend };
}

/** @throws CelEvaluationError */
function compiledPattern(pattern: string): RE2JS {
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
  if (pattern.length > longestPattern)
    return `a pattern of ${pattern.length} characters is too long: at most ${longestPattern}`;
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
