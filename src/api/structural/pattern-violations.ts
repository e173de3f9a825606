import { type FieldError, invalid } from "../field-error.ts";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { loadPatternEngine, type PatternEngine } from "./pattern.ts";
import { portions } from "./portions.ts";

const AT_ONCE = 50;

/** Patterns of a schema, and of those in it, that are no regular expressions of RE2. Loads the engine when there are any. */
export async function patternViolations(source: JSONSchemaProps, field: string): Promise<FieldError[]> {
  const patterns: { readonly pattern: string; readonly field: string }[] = [];
  collect(source, field, patterns);
  if (patterns.length === 0) return [];
  const engine = await loadPatternEngine();
  const problems = new Map<string, string | undefined>();
  const pause = portions(AT_ONCE);
  const errors: FieldError[] = [];
  for (const each of patterns) {
    if (!problems.has(each.pattern)) {
      problems.set(each.pattern, problemOf(each.pattern, engine));
      await pause();
    }
    const problem = problems.get(each.pattern);
    if (problem === undefined) continue;
    errors.push(invalid(each.field, each.pattern, `must be a valid regular expression, but isn't: ${problem}`));
  }
  return errors;
}

function problemOf(pattern: string, engine: PatternEngine): string | undefined {
  try {
    engine.compile(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function collect(source: JSONSchemaProps, field: string, found: { pattern: string; field: string }[]): void {
  const { pattern, items, additionalProperties, not } = source;
  if (pattern) found.push({ pattern, field: `${field}.pattern` });
  for (const [name, property] of Object.entries(source.properties ?? {}))
    collect(property, `${field}.properties[${name}]`, found);
  if (items !== undefined && !Array.isArray(items)) collect(items, `${field}.items`, found);
  if (typeof additionalProperties === "object") collect(additionalProperties, `${field}.additionalProperties`, found);
  for (const key of ["allOf", "anyOf", "oneOf"] as const) {
    (source[key] ?? []).forEach((inner, index) => {
      collect(inner, `${field}.${key}[${index}]`, found);
    });
  }
  if (not !== undefined) collect(not, `${field}.not`, found);
}
