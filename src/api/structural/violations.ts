import { type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { incompleteness } from "./completeness.ts";
import { valueViolations } from "./nested-violations.ts";
import type { StructuralSchema } from "./structural.ts";

export type Level = "root" | "item" | "field";

const NO_TYPE: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

/**
 * Why a schema is not structural, in the order of the texts; empty when it is. Patterns are looked at by pattern-violations.ts.
 *
 * @param field where the schema stands, e.g. `spec.versions[0].schema.openAPIV3Schema`
 */
export function structuralViolations(schema: StructuralSchema, field: string): FieldError[] {
  const errors = [...invariantErrors(schema, { field, level: "root" }), ...incompleteness(schema.source, field)];
  return inOrderOfTexts(errors);
}

/** Upstream sorts what it finds, because it walks schemas in no order. */
export function inOrderOfTexts(errors: FieldError[]): FieldError[] {
  const textOf = (error: FieldError): string => `${error.field}: ${error.message}`;
  return errors.sort((a, b) => (textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0));
}

interface At {
  readonly field: string;
  readonly level: Level;
}

function invariantErrors(schema: StructuralSchema, at: At): FieldError[] {
  const { field, level } = at;
  const errors: FieldError[] = [];
  if (schema.type === "array" && schema.items === undefined)
    errors.push(required(`${field}.items`, "must be specified"));
  if (schema.items !== undefined)
    errors.push(...invariantErrors(schema.items, { ...at, field: `${field}.items`, level: "item" }));
  for (const [name, property] of schema.properties ?? []) {
    errors.push(...invariantErrors(property, { ...at, field: `${field}.properties[${name}]`, level: "field" }));
  }
  if (schema.additionalProperties !== undefined && level === "root") {
    errors.push(forbiddenField(`${field}.additionalProperties`, "must not be used at the root"));
  }
  if (typeof schema.additionalProperties === "object") {
    errors.push(
      ...invariantErrors(schema.additionalProperties, {
        ...at,
        field: `${field}.additionalProperties`,
        level: "field",
      }),
    );
  }
  return [
    ...errors,
    ...extensionErrors(schema, field),
    ...valueViolations(schema.source, field),
    ...typeErrors(schema, field, level),
    ...metaErrors(schema, field, level),
  ];
}

function extensionErrors(schema: StructuralSchema, field: string): FieldError[] {
  if (!schema.intOrString) return [];
  const detail = "must be false if x-kubernetes-int-or-string is true";
  return [
    ...(schema.preserveUnknownFields ? [invalid(`${field}.x-kubernetes-preserve-unknown-fields`, true, detail)] : []),
    ...(schema.embeddedResource ? [invalid(`${field}.x-kubernetes-embedded-resource`, true, detail)] : []),
  ];
}

function typeErrors(schema: StructuralSchema, field: string, level: Level): FieldError[] {
  const errors: FieldError[] = [];
  const { type } = schema;
  if (schema.embeddedResource && type !== "object") {
    const detail = "must be object if x-kubernetes-embedded-resource is true";
    errors.push(type === undefined ? required(`${field}.type`, detail) : invalid(`${field}.type`, type, detail));
  } else if (type === undefined && !schema.intOrString && !schema.preserveUnknownFields) {
    errors.push(required(`${field}.type`, NO_TYPE[level]));
  }
  if (schema.embeddedResource && schema.additionalProperties !== undefined) {
    const detail = "must not be used if x-kubernetes-embedded-resource is set";
    errors.push(forbiddenField(`${field}.additionalProperties`, detail));
  }
  if (level === "root" && type !== undefined && type !== "object") {
    errors.push(invalid(`${field}.type`, type, "must be object at the root"));
  }
  if (schema.embeddedResource && !schema.preserveUnknownFields && schema.properties === undefined) {
    const detail =
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
    errors.push(required(`${field}.properties`, detail));
  }
  return errors;
}

/** Metadata is what Kubernetes says it is: a schema may restrict names at the root, and nothing else. */
function metaErrors(schema: StructuralSchema, field: string, level: Level): FieldError[] {
  const isResource = level === "root" || schema.embeddedResource;
  const errors: FieldError[] = [];
  const mustBe = (name: string, type: string): void => {
    const property = schema.properties?.get(name);
    if (property === undefined || property.type === type) return;
    errors.push(invalid(`${field}.properties[${name}].type`, property.type ?? "", `must be ${type}`));
  };
  if (isResource) {
    mustBe("kind", "string");
    mustBe("apiVersion", "string");
    mustBe("metadata", "object");
  }
  const metadata = schema.properties?.get("metadata");
  if (level === "root" && metadata !== undefined && !restrictsNamesOnly(metadata)) {
    const detail = "must not specify anything other than name and generateName, but metadata is implicitly specified";
    errors.push(forbiddenField(`${field}.properties[metadata]`, detail));
  }
  return errors;
}

function restrictsNamesOnly({ source }: StructuralSchema): boolean {
  const others = Object.keys(source).filter((key) => !["type", "default", "properties"].includes(key));
  const names = Object.keys(source.properties ?? {});
  return (
    others.every((key) => isUnset(source[key as keyof JSONSchemaProps])) &&
    names.every((name) => name === "name" || name === "generateName")
  );
}

/** What Go leaves out of JSON. */
export function isUnset(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === "" ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  );
}
