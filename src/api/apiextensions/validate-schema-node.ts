import { type FieldError, forbiddenField, invalid, notSupported } from "../field-error.ts";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { META_FIELDS } from "../structural/compile.ts";
import { listAndMapErrors } from "./list-and-map-rules.ts";
import type { SchemaContext, SchemaErrors } from "./schema-context.ts";
import { ruleErrors, scopeBelow } from "./validation-rules.ts";

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];

/** What is wrong with a schema and those in it, apart from being structural. */
export async function schemaNodeErrors(source: JSONSchemaProps, context: SchemaContext): Promise<SchemaErrors> {
  await context.pause();
  const errors: SchemaErrors = { schema: plainErrors(source, context), rules: [] };
  const add = async (
    inner: JSONSchemaProps,
    changes: Partial<SchemaContext> & { readonly field: string },
  ): Promise<void> => {
    const found = await schemaNodeErrors(inner, { ...context, isRoot: false, ...changes });
    errors.schema.push(...found.schema);
    errors.rules.push(...found.rules);
  };
  const { field } = context;
  if (typeof source.additionalProperties === "object") {
    await add(source.additionalProperties, {
      field: `${field}.additionalProperties`,
      ...(context.isInsideMeta ? { forbiddenDefaults: "inside additionalProperties applying to object metadata" } : {}),
      ...scopeBelow(context.rules, source),
    });
  }
  for (const [name, property] of Object.entries(source.properties ?? {})) {
    await add(property, { field: `${field}.properties[${name}]`, ...propertyContext(source, name, context) });
  }
  for (const [inner, at] of junctors(source, field)) await add(inner, { field: at, ...withoutRules });
  const { items } = source;
  if (items !== undefined && !Array.isArray(items)) {
    const isCorrelatable = source["x-kubernetes-list-type"] === "map";
    await add(items, {
      field: `${field}.items`,
      ...(isCorrelatable || context.uncorrelatable !== undefined ? {} : { uncorrelatable: field }),
      ...scopeBelow(context.rules, source),
    });
  }
  errors.schema.push(...listAndMapErrors(source, field, context.options));
  const rules = ruleErrors(source, context, errors.schema.length === 0);
  errors.schema.push(...rules.schema);
  errors.rules.push(...rules.rules);
  return errors;
}

const withoutRules = { rules: undefined } as unknown as Partial<SchemaContext>;

function propertyContext(source: JSONSchemaProps, name: string, context: SchemaContext): Partial<SchemaContext> {
  const isCorrelatable = ["granular", "atomic"].includes(source["x-kubernetes-map-type"] ?? "granular");
  const scope = {
    ...scopeBelow(context.rules, source, name),
    ...(isCorrelatable || context.uncorrelatable !== undefined ? {} : { uncorrelatable: context.field }),
  };
  if (!META_FIELDS.has(name) || !(context.isRoot || source["x-kubernetes-embedded-resource"])) return scope;
  const inside = { ...scope, isInsideMeta: true };
  return context.isRoot ? { ...inside, forbiddenDefaults: `in top-level ${name}` } : inside;
}

function junctors(source: JSONSchemaProps, field: string): [JSONSchemaProps, string][] {
  const each = (key: "allOf" | "oneOf" | "anyOf"): [JSONSchemaProps, string][] =>
    (source[key] ?? []).map((inner, index) => [inner, `${field}.${key}[${index}]`]);
  return [
    ...(source.not === undefined ? [] : ([[source.not, `${field}.not`]] as [JSONSchemaProps, string][])),
    ...each("allOf"),
    ...each("oneOf"),
    ...each("anyOf"),
  ];
}

function plainErrors(
  source: JSONSchemaProps,
  { field, options, isInsideMeta, forbiddenDefaults }: SchemaContext,
): FieldError[] {
  const errors: FieldError[] = [];
  const { type } = source;
  if (options.requiresValidTypes && type && !TYPES.includes(type))
    errors.push(notSupported(`${field}.type`, type, TYPES));
  if (source.default !== undefined && source.default !== null && forbiddenDefaults !== undefined) {
    errors.push(forbiddenField(`${field}.default`, `must not be set ${forbiddenDefaults}`));
  }
  const unsupported: readonly [key: keyof JSONSchemaProps, isSet: boolean][] = [
    ["id", Boolean(source.id)],
    ["additionalItems", source.additionalItems !== undefined],
    ["patternProperties", Object.keys(source.patternProperties ?? {}).length > 0],
    ["definitions", Object.keys(source.definitions ?? {}).length > 0],
    ["dependencies", source.dependencies !== undefined],
    ["$ref", source.$ref !== undefined],
  ];
  for (const [key, isSet] of unsupported) {
    if (isSet) errors.push(forbiddenField(`${field}.${key}`, `${key} is not supported`));
  }
  if (type === "null") {
    errors.push(forbiddenField(`${field}.type`, "type cannot be set to null, use nullable as an alternative"));
  }
  if (Array.isArray(source.items) && source.items.length > 0) {
    errors.push(forbiddenField(`${field}.items`, "items must be a schema object and not an array"));
  }
  if (isInsideMeta && source["x-kubernetes-embedded-resource"]) {
    errors.push(forbiddenField(`${field}.x-kubernetes-embedded-resource`, "must not be used inside of resource meta"));
  }
  if (source.uniqueItems) {
    const detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
    errors.push(forbiddenField(`${field}.uniqueItems`, detail));
  }
  const { additionalProperties } = source;
  if (additionalProperties !== undefined && additionalProperties !== true && hasProperties(source)) {
    const detail = "additionalProperties and properties are mutual exclusive";
    errors.push(forbiddenField(`${field}.additionalProperties`, detail));
  }
  if (source["x-kubernetes-preserve-unknown-fields"] === false) {
    errors.push(invalid(`${field}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"));
  }
  return errors;
}

const hasProperties = (source: JSONSchemaProps): boolean => Object.keys(source.properties ?? {}).length > 0;
