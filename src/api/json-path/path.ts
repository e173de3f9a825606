/**
 * A path in the JSONPath of kubectl and printer columns, without the braces: `.spec.x`, `.a[0]`, `.a[-1:]`, `.a[*].b`, `..c`,
 * `['a\.b']`, `[?(@.type=="Ready")]`.
 */
export type JsonPath = readonly Step[];

/** Each step takes a list of values to another one. */
export type Step =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "wildcard" }
  /** The value itself and everything in it. */
  | { readonly kind: "descendants" }
  | { readonly kind: "slice"; readonly start?: number; readonly end?: number; readonly step?: number }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "union"; readonly paths: readonly JsonPath[] }
  | { readonly kind: "filter"; readonly left: Operand; readonly comparison?: Comparison }
  | { readonly kind: "literal"; readonly value: string | number | boolean };

/** A side of a comparison: what a path finds in an element. */
export type Operand = JsonPath;

export interface Comparison {
  readonly operator: Operator;
  readonly right: Operand;
}

export const OPERATORS = ["==", "!=", "<", "<=", ">", ">="] as const;

export type Operator = (typeof OPERATORS)[number];

/** The path is malformed, or cannot be followed in that value. */
export class JsonPathError extends Error {
  override name = "JsonPathError";
}
