const schemaProps = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

/** TypeScript types of fields for which OpenAPI can only say "any JSON value". */
export const fieldTypes: Readonly<Record<string, string>> = {
  [`${schemaProps}.additionalItems`]: "JSONSchemaProps | boolean",
  [`${schemaProps}.additionalProperties`]: "JSONSchemaProps | boolean",
  [`${schemaProps}.items`]: "JSONSchemaProps | JSONSchemaProps[]",
  [`${schemaProps}.dependencies`]: "Record<string, JSONSchemaProps | string[]>",
};
