import { type FieldError, required } from "../field-error.ts";
import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";

/** Each field or list that anyOf and the like say something about must be specified outside of them. */
export function incompleteness(source: JSONSchemaProps, field: string): FieldError[] {
  return ofJunctors(source, source, { spine: field, nested: field });
}

/** Where the schema of the place stands, and where what restricts it. */
interface Paths {
  readonly spine: string;
  readonly nested: string;
}

function ofJunctors(nested: JSONSchemaProps, spine: JSONSchemaProps, paths: Paths): FieldError[] {
  const at = (suffix: string): Paths => ({ spine: paths.spine, nested: `${paths.nested}.${suffix}` });
  const each = (key: "allOf" | "anyOf" | "oneOf"): FieldError[] =>
    (nested[key] ?? []).flatMap((schema, index) => ofNested(schema, spine, at(`${key}[${index}]`)));
  return [
    ...(nested.not === undefined ? [] : ofNested(nested.not, spine, at("not"))),
    ...each("allOf"),
    ...each("anyOf"),
    ...each("oneOf"),
  ];
}

function ofNested(nested: JSONSchemaProps, spine: JSONSchemaProps | undefined, paths: Paths): FieldError[] {
  if (spine === undefined) return [required(paths.spine, `because it is defined in ${paths.nested}`)];
  const below = (suffix: string): Paths => ({ spine: `${paths.spine}.${suffix}`, nested: `${paths.nested}.${suffix}` });
  const errors = ofJunctors(nested, spine, paths);
  const { items } = nested;
  if (items !== undefined && !Array.isArray(items)) {
    errors.push(...ofNested(items, Array.isArray(spine.items) ? undefined : spine.items, below("items")));
  }
  for (const [name, property] of Object.entries(nested.properties ?? {})) {
    const place = Object.hasOwn(spine.properties ?? {}, name) ? spine.properties?.[name] : undefined;
    errors.push(...ofNested(property, place, below(`properties[${name}]`)));
  }
  return errors;
}
