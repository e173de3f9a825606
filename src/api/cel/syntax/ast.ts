import type { Value } from "../evaluate/values.ts";

/** A parsed expression. `offset` is where upstream's parser would point in a message: the operator, the opening bracket … */
export type Expression =
  | { readonly kind: "literal"; readonly offset: number; readonly value: Value }
  | { readonly kind: "identifier"; readonly offset: number; readonly name: string }
  | Select
  | Call
  | Aggregate
  | MapLiteral
  | Message
  | Comprehension
  | OptionalMap;

export interface Select {
  readonly kind: "select";
  readonly offset: number;
  readonly operand: Expression;
  readonly field: string;
  /** `has(a.b)`: only whether it is there. */
  readonly testOnly: boolean;
}

export interface Call {
  readonly kind: "call";
  readonly offset: number;
  /** Operators have upstream's names: `_+_`, `!_`, `_[_]`, `_?_:_`, `_&&_` … */
  readonly name: string;
  readonly target?: Expression;
  readonly arguments: readonly Expression[];
}

export interface Aggregate {
  readonly kind: "list";
  readonly offset: number;
  readonly elements: readonly { readonly value: Expression; readonly optional: boolean }[];
}

export interface MapLiteral {
  readonly kind: "map";
  readonly offset: number;
  readonly entries: readonly {
    readonly offset: number;
    readonly key: Expression;
    readonly value: Expression;
    readonly optional: boolean;
  }[];
}

export interface Message {
  readonly kind: "message";
  readonly offset: number;
  readonly name: string;
  readonly entries: readonly {
    readonly offset: number;
    readonly field: string;
    readonly value: Expression;
    readonly optional: boolean;
  }[];
}

export type ComprehensionMacro =
  | "all"
  | "exists"
  | "existsOne"
  | "map"
  | "filter"
  | "sortBy"
  | "transformList"
  | "transformMap"
  | "transformMapEntry";

/** A loop over a list or a map, from one of the macros. */
export interface Comprehension {
  readonly kind: "comprehension";
  readonly offset: number;
  readonly macro: ComprehensionMacro;
  readonly range: Expression;
  /** One variable (element or key), or two (index or key, and value). */
  readonly variables: readonly string[];
  readonly condition?: Expression;
  readonly body: Expression;
}

/** `a.optMap(x, …)` and `a.optFlatMap(x, …)`. */
export interface OptionalMap {
  readonly kind: "optionalMap";
  readonly offset: number;
  readonly flat: boolean;
  readonly target: Expression;
  readonly variable: string;
  readonly body: Expression;
}
