import type { Cel } from "../cel/cel.ts";
import type { FieldError } from "../field-error.ts";
import type { DeclaredType } from "../structural/cel-types.ts";
import type { TotalCost } from "./rule-cost.ts";

/** What holds where a schema stands. */
export interface SchemaContext {
  readonly field: string;
  readonly isRoot: boolean;
  /** Why defaults are not allowed here, e.g. `in top-level metadata`; undefined where they are. */
  readonly forbiddenDefaults?: string;
  readonly isInsideMeta: boolean;
  /** The part above whose elements cannot be told from their old ones; rules below cannot speak of them. */
  readonly uncorrelatable?: string;
  /** Absent below anyOf and the like, and where the schema is not structural: rules are not looked at then. */
  readonly rules?: RuleScope;
  readonly options: SchemaOptions;
  /** Gives the event loop its turn now and then. */
  readonly pause: () => Promise<void> | undefined;
}

/** What an old definition may be spared, because it was so before. */
export interface SchemaOptions {
  readonly cel?: Cel;
  readonly requiresValidTypes: boolean;
  readonly requiresAtomicSets: boolean;
  readonly requiresSoundListMaps: boolean;
  readonly ignoresRuleCost: boolean;
}

/** Errors of the schema, and those of rules, which come after all of the former. */
export interface SchemaErrors {
  readonly schema: FieldError[];
  readonly rules: FieldError[];
}

/** What rules at a schema go by. */
export interface RuleScope {
  /** Undefined where the schema does not say what values are. */
  readonly declared: DeclaredType | undefined;
  /** How many such values an object may have; undefined when nothing bounds them. */
  readonly cardinality: number | undefined;
  readonly total: TotalCost;
}
