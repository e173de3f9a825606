import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";

/**
 * A schema of a custom resource, taken apart: what says which fields there are (and so steers pruning, defaults, merging)
 * stands in fields of this type; what restricts values is read from `source`. One is compiled for each version of a
 * definition (compile.ts) and kept; all functions of this folder take it. They are pure, safe for any JSON, and synchronous
 * once what a schema uses has been loaded:
 *
 * - violations.ts: why it is not structural
 * - normalize.ts: what is done to an object of a request, or from the store: coerce-metadata.ts, prune.ts, defaults.ts
 * - validate-custom-resource.ts: all that may be wrong with an object or a change, by validate.ts (types, formats, bounds,
 *   lists, embedded metadata) and rules.ts (x-kubernetes-validations in CEL)
 * - definitions.ts: the schema as definitions of the compact schema, for merging; openapi.ts: as the API documents show it
 */
export interface StructuralSchema {
  /** Absent for int-or-string, and for anything at all (`x-kubernetes-preserve-unknown-fields` alone). */
  readonly type?: string;
  readonly properties?: ReadonlyMap<string, StructuralSchema>;
  /** A schema for the values of other keys; `true` for any. Never together with properties. */
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly items?: StructuralSchema;
  readonly nullable: boolean;
  /** Absent where there is no default; a default is never null. */
  readonly default?: unknown;
  readonly preserveUnknownFields: boolean;
  readonly embeddedResource: boolean;
  readonly intOrString: boolean;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly mapType?: string;
  /** As the definition has it: validators, rules and documents read the rest from here. */
  readonly source: JSONSchemaProps;
}
