import type { FieldError } from "../field-error.ts";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { isJsonObject } from "../patch/json-value.ts";
import { partsWith } from "./compile.ts";
import { validateEmbeddedMetadata } from "./embedded-metadata.ts";
import { validateListTypes } from "./list-types.ts";
import { lazyPatterns, loadPatternEngine } from "./pattern.ts";
import type { StructuralSchema } from "./structural.ts";
import { compileNode, ratcheted, runCheck } from "./validate-node.ts";

/**
 * What is wrong with an object, whose metadata has been coerced. With the old object, errors of parts that did not change are
 * left out (ratcheting). Never throws, whatever JSON it is given.
 */
export type ObjectValidator = (object: unknown, old?: unknown) => FieldError[];

/** Compiles all but the rules in CEL: types, formats, bounds, required fields, lists that are sets or maps, embedded metadata. */
export async function compileValidator(schema: StructuralSchema): Promise<ObjectValidator> {
  const ofValues = await compileValueValidator(schema);
  const embedded = partsWith(schema, ({ embeddedResource }) => embeddedResource);
  const lists = partsWith(schema, hasKeys);
  return (object, old) => {
    const errors = ofValues(object, old);
    if (embedded !== undefined) errors.push(...validateEmbeddedMetadata(embedded, object));
    const repeated = lists === undefined ? [] : validateListTypes(lists, object);
    // Who had repeated elements before may keep and add some.
    if (repeated.length > 0 && (old === undefined || validateListTypes(lists!, old).length === 0)) {
      errors.push(...repeated);
    }
    return errors;
  };
}

/** The same for a change of status alone: what the schema says of the rest is not asked, and messages name what is in status. */
export async function compileStatusValidator(schema: StructuralSchema): Promise<ObjectValidator> {
  const status = schema.properties?.get("status");
  const ofStatus = status === undefined ? undefined : await compileValueValidator(status);
  const lists = partsWith(schema, hasKeys);
  return (object, old) => {
    const value = statusOf(object);
    const errors =
      value === undefined || ofStatus === undefined
        ? []
        : ofStatus(value, statusOf(old)).map(({ field, ...error }) => ({
            ...error,
            field: field === "<nil>" ? "status" : `status.${field}`,
          }));
    const repeated = lists === undefined ? [] : validateListTypes(lists, object);
    if (repeated.length > 0 && validateListTypes(lists!, old).length === 0) errors.push(...repeated);
    return errors;
  };
}

const statusOf = (object: unknown): unknown => (isJsonObject(object) ? object.status : undefined);
const hasKeys = ({ listType }: StructuralSchema): boolean => listType === "set" || listType === "map";

/** What a schema says of values alone, without lists that are sets or maps and without embedded metadata. */
export async function compileValueValidator(
  schema: StructuralSchema,
): Promise<(value: unknown, old?: unknown, path?: string) => FieldError[]> {
  const { source } = schema;
  const pattern = hasPattern(source) ? lazyPatterns(await loadPatternEngine()) : () => () => true;
  const check = ratcheted(compileNode(source, { pattern, place: source }), source);
  return (value, old, path = "") => withoutRepeats(runCheck(check, { value, old, path }));
}

/** Several alternatives may find the same thing. */
function withoutRepeats(errors: FieldError[]): FieldError[] {
  if (errors.length < 2) return errors;
  const byText = new Map(errors.map((error) => [`${error.field}: ${error.message}`, error]));
  return [...byText.values()];
}

function hasPattern(source: JSONSchemaProps): boolean {
  return Boolean(source.pattern) || innerSchemas(source).some(hasPattern);
}

/** The schemas that a schema consists of. */
function innerSchemas(source: JSONSchemaProps): JSONSchemaProps[] {
  const { items, additionalProperties, not } = source;
  return [
    ...Object.values(source.properties ?? {}),
    ...(items === undefined || Array.isArray(items) ? [] : [items]),
    ...(typeof additionalProperties === "object" ? [additionalProperties] : []),
    ...(source.allOf ?? []),
    ...(source.anyOf ?? []),
    ...(source.oneOf ?? []),
    ...(not === undefined ? [] : [not]),
  ];
}
