import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";

/**
 * A schema of a custom resource, taken apart: what says which fields there are (and so steers pruning, defaults, merging)
 * stands in fields of this type; what restricts values is read from `source`. One is compiled for each version of a
 * definition (`compileStructural` in compile.ts) and kept; all functions of this folder take it.
 *
 * The entry points, each in the file named; all are pure, synchronous where no promise is shown, and safe for any JSON:
 *
 * - compile.ts `compileStructural(source: JSONSchemaProps): StructuralSchema`
 * - violations.ts `structuralViolations(schema: StructuralSchema, field: string): FieldError[]`: why it is not structural
 *   (the condition NonStructuralSchema joins `${field}: ${message}` of them; empty means structural)
 * - prune.ts `prune(schema, draft: JsonObject, options: { isResourceRoot: boolean }): string[]`: drops in place what the schema
 *   does not specify, and tells the paths dropped, sorted, in the form that `strictDecodingMessage` of unknown-fields.ts wants
 * - coerce-metadata.ts `coerceMetadata(schema, draft, options: { isResourceRoot: boolean; dropInvalid: boolean }):
 *   { errors: FieldError[]; unknownFields: string[] }`: apiVersion, kind and metadata at the root and in embedded resources have
 *   their Go types afterwards; what is unknown in metadata goes. On a request with dropInvalid false, when reading true
 * - defaults.ts `applyDefaults(schema, draft): void` and `pruneNulls(schema, draft): void` (nulls that are not allowed and have
 *   a default go first). Both in place; on a request as when reading: pruneNulls, then applyDefaults
 * - normalize.ts `normalizeCustomResource(schema, draft, { dropInvalid }): { errors; unknownFields }`: the four steps above in
 *   upstream's order, for a request (dropInvalid false) as for what is read from the store (true). Use this one
 * - validate.ts `compileValidator(schema): Promise<ObjectValidator>`, a function of (object, old?): types, formats, bounds, lists, embedded metadata; with an old object
 *   what was wrong before and did not change passes
 * - rules.ts `compileRules(schema): Promise<Rules>`: x-kubernetes-validations by CEL, then synchronous
 * - validate-custom-resource.ts `validateCustomResource(of: { validator; rules?; scale? }, object, old?): FieldError[]`: all of it
 *   in upstream's order, after metadata has been validated by the caller (as for built-in kinds)
 * - definitions.ts `definitionsOf(schema, of: { name; group; version; kind; description? }): Record<string, Definition>`: entries
 *   for the compact Schema, the root under `of.name`
 * - openapi.ts `openapiOf(schema | undefined, of: { group; version; kind; openapi: 2 | 3 })` and `openapiListOf({ group; version; kind; plural;
 *   listKind; definition })`: schemas of the API documents
 * - ../json-path/: simple-path.ts, and printer-columns.ts `printerColumns(columns)` for tables
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
