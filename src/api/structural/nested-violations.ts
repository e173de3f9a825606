import { type FieldError, forbiddenField } from "../field-error.ts";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { equalJson } from "../patch/json-value.ts";

/** Below anyOf, allOf, oneOf and not, schemas restrict values; what fields there are is said outside of them. */

const EITHER = [{ type: "integer" }, { type: "string" }];

/** What must not stand in a nested schema, and how upstream says so. */
const FORBIDDEN: readonly [key: keyof JSONSchemaProps, detail: string][] = [
  ["type", "must be empty to be structural"],
  ["additionalProperties", "must be undefined to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

/** Violations in the anyOf, allOf, oneOf and not of a structural schema. */
export function valueViolations(source: JSONSchemaProps, field: string): FieldError[] {
  // An int-or-string may repeat its two types.
  const skipsAnyOf = isEither(source.anyOf);
  const skipsFirst = isEither(source.allOf?.[0]?.anyOf);
  return junctorViolations(source, field, { skipsAnyOf, skipsFirst });
}

const isEither = (anyOf: readonly JSONSchemaProps[] | undefined): boolean => equalJson(anyOf, EITHER);

function junctorViolations(
  source: JSONSchemaProps,
  field: string,
  { skipsAnyOf, skipsFirst }: { skipsAnyOf: boolean; skipsFirst: boolean },
): FieldError[] {
  const nested = (schema: JSONSchemaProps, at: string, skipsInner = false): FieldError[] =>
    nestedViolations(schema, `${field}.${at}`, skipsInner);
  return [
    ...(skipsAnyOf ? [] : (source.anyOf ?? []).flatMap((schema, index) => nested(schema, `anyOf[${index}]`))),
    ...(source.allOf ?? []).flatMap((schema, index) => nested(schema, `allOf[${index}]`, skipsFirst && index === 0)),
    ...(source.oneOf ?? []).flatMap((schema, index) => nested(schema, `oneOf[${index}]`)),
    ...(source.not === undefined ? [] : nested(source.not, "not")),
  ];
}

function nestedViolations(source: JSONSchemaProps, field: string, skipsAnyOf = false): FieldError[] {
  const errors = junctorViolations(source, field, { skipsAnyOf, skipsFirst: false });
  const { items, properties = {} } = source;
  if (items !== undefined && !Array.isArray(items)) errors.push(...nestedViolations(items, `${field}.items`));
  for (const [name, property] of Object.entries(properties)) {
    errors.push(...nestedViolations(property, `${field}.properties[${name}]`));
  }
  for (const [key, detail] of FORBIDDEN) {
    if (isSet(source[key], key)) errors.push(forbiddenField(`${field}.${key}`, detail));
  }
  if (Object.hasOwn(properties, "metadata")) {
    errors.push(forbiddenField(`${field}.properties[metadata]`, "must not be specified in a nested context"));
  }
  return errors;
}

function isSet(value: unknown, key: keyof JSONSchemaProps): boolean {
  if (key === "additionalProperties") return value !== undefined;
  return (
    value !== undefined &&
    value !== null &&
    value !== "" &&
    value !== false &&
    !(Array.isArray(value) && value.length === 0)
  );
}
