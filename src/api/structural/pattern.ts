/** Regular expressions of schemas: RE2's syntax and its promise to end in linear time. */
export interface PatternEngine {
  /**
   * Whether a text contains a match, as Go's MatchString.
   * @throws Error with Go's words when the expression is malformed
   */
  compile(expression: string): (text: string) => boolean;
}

/** Loads the engine, which is large, at first use: most definitions have no patterns. */
export async function loadPatternEngine(): Promise<PatternEngine> {
  const { RE2JS } = await import("re2js");
  return {
    compile(expression) {
      const compiled = RE2JS.compile(expression);
      // `test` runs on the automaton, many times faster than a matcher.
      return (text) => compiled.test(text);
    },
  };
}

/** Compiles each expression when it is first matched, and once; one that is malformed matches nothing. */
export function lazyPatterns(engine: PatternEngine): (expression: string) => (text: string) => boolean {
  const compiled = new Map<string, (text: string) => boolean>();
  return (expression) => (text) => {
    let matches = compiled.get(expression);
    if (matches === undefined) {
      matches = tryCompile(engine, expression);
      compiled.set(expression, matches);
    }
    return matches(text);
  };
}

function tryCompile(engine: PatternEngine, expression: string): (text: string) => boolean {
  try {
    return engine.compile(expression);
  } catch {
    return () => false;
  }
}
