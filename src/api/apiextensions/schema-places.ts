import type { CustomResourceDefinitionSpec, JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";
import { equalJson } from "../patch/json-value.ts";

type PerVersion = "schema" | "subresources" | "additionalPrinterColumns" | "selectableFields";

const TOP_LEVEL: Readonly<Record<PerVersion, string>> = {
  schema: "spec.validation",
  subresources: "spec.subresources",
  additionalPrinterColumns: "spec.additionalPrinterColumns",
  selectableFields: "spec.selectableFields",
};

/** What versions say about one thing, and the field by which errors name it. */
export interface Place<T> {
  readonly field: string;
  readonly value: T;
  /** Names of the versions that say so. */
  readonly versions: readonly string[];
}

type VersionValue<K extends PerVersion> = NonNullable<CustomResourceDefinitionSpec["versions"][number][K]>;

/**
 * Upstream checks definitions in a form that has one schema, one list of columns and so on for all versions where these are
 * the same, which they are in a definition of one version; its errors name the fields of that form.
 */
export function placesOf<K extends PerVersion>(
  spec: CustomResourceDefinitionSpec | undefined,
  key: K,
): readonly Place<VersionValue<K>>[] {
  const versions = spec?.versions ?? [];
  const values = versions.map((version) => version[key] as VersionValue<K> | undefined);
  const [first] = values;
  if (values.every((value) => equalJson(value ?? null, first ?? null))) {
    return first === undefined
      ? []
      : [{ field: TOP_LEVEL[key], value: first, versions: versions.map(({ name }) => name) }];
  }
  return versions.flatMap(({ name }, index) => {
    const value = values[index];
    return value === undefined ? [] : [{ field: `spec.versions[${index}].${key}`, value, versions: [name] }];
  });
}

/** Whether a schema or one in it is such a one. */
export function someSchema(source: JSONSchemaProps, predicate: (schema: JSONSchemaProps) => boolean): boolean {
  return predicate(source) || innerSchemas(source).some((inner) => someSchema(inner, predicate));
}

/** Whether some version has such a schema in its own. */
export function someSchemaOf(
  spec: CustomResourceDefinitionSpec | undefined,
  predicate: (schema: JSONSchemaProps) => boolean,
): boolean {
  return (spec?.versions ?? []).some(({ schema }) => {
    const source = schema?.openAPIV3Schema;
    return source !== undefined && someSchema(source, predicate);
  });
}

/** JSON null is how Go sees a default that is not there. */
export const hasDefault = (schema: JSONSchemaProps): boolean => (schema.default ?? undefined) !== undefined;

function innerSchemas(source: JSONSchemaProps): JSONSchemaProps[] {
  const { items, additionalProperties, additionalItems, not } = source;
  const dependencies = Object.values(source.dependencies ?? {});
  return [
    ...(items === undefined ? [] : Array.isArray(items) ? items : [items]),
    ...(source.allOf ?? []),
    ...(source.anyOf ?? []),
    ...(source.oneOf ?? []),
    ...(not === undefined ? [] : [not]),
    ...Object.values(source.properties ?? {}),
    ...(typeof additionalProperties === "object" ? [additionalProperties] : []),
    ...Object.values(source.patternProperties ?? {}),
    ...(typeof additionalItems === "object" ? [additionalItems] : []),
    ...Object.values(source.definitions ?? {}),
    ...dependencies.filter((each): each is JSONSchemaProps => !Array.isArray(each)),
  ];
}
