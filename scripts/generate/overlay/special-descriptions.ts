const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const extensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";

/** Descriptions of types that client-node shows as scalars, and so describes nowhere. */
export const specialDescriptions: Readonly<Record<string, string>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity":
    'A fixed-point number with an optional suffix: decimal (m, k, M, G, T, P, E), binary (Ki, Mi, Gi, Ti, Pi, Ei) or exponent (e3). For example "100m", "1.5Gi" or "2e3".',
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString":
    "IntOrString is a type that can hold an int32 or a string: for example a port's number or name, or a count or percentage.",
  "io.k8s.apimachinery.pkg.runtime.RawExtension": "RawExtension holds an object of any kind.",
  [`${meta}.Time`]: "A time in RFC 3339 form, in seconds, for example 2006-01-02T15:04:05Z.",
  [`${meta}.MicroTime`]: "A time in RFC 3339 form, in microseconds, for example 2006-01-02T15:04:05.000000Z.",
  [`${meta}.FieldsV1`]:
    "FieldsV1 stores a set of fields as a trie in JSON: each key is '.' for the field itself, or 'f:<name>', 'v:<value>', 'i:<index>' or 'k:<keys>' for what it contains.",
  [`${extensions}.JSON`]: "JSON represents any valid JSON value: bool, int64, float64, string, array, object and null.",
  [`${extensions}.JSONSchemaPropsOrArray`]: "A JSON schema, or a list of JSON schemas.",
  [`${extensions}.JSONSchemaPropsOrBool`]: "A JSON schema, or a boolean: true allows anything.",
  [`${extensions}.JSONSchemaPropsOrStringArray`]: "A JSON schema, or a list of property names.",
};
