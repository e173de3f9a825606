import { type FieldError, invalid, required } from "../field-error.ts";
import type { ObjectMeta } from "../meta.ts";
import { dns1035LabelErrors } from "../names.ts";
import { validateObjectMeta } from "../object-meta.ts";
import { isJsonObject, type JsonObject } from "../patch/json-value.ts";
import type { StructuralSchema } from "./structural.ts";
import { childPath, type Visit, walk } from "./walk.ts";

/** What is wrong with apiVersion, kind and metadata of the embedded resources in an object, which has been coerced before. */
export function validateEmbeddedMetadata(schema: StructuralSchema, value: unknown, path = ""): FieldError[] {
  const errors: FieldError[] = [];
  const visit: Visit = (each, { embeddedResource }, at) => {
    if (embeddedResource && isJsonObject(each)) errors.push(...resourceErrors(each, at));
  };
  walk(value, schema, visit, path);
  return errors;
}

function resourceErrors(resource: JsonObject, path: string): FieldError[] {
  return [
    ...textErrors(resource, childPath(path, "apiVersion"), (text) =>
      text.split("/").length > 2 ? `unexpected GroupVersion string: ${text}` : undefined,
    ),
    ...textErrors(resource, childPath(path, "kind"), (text) => {
      const errors = dns1035LabelErrors(text.toLowerCase());
      return errors.length === 0 ? undefined : `may have mixed case, but should otherwise match: ${errors.join(",")}`;
    }),
    ...metadataErrors(resource.metadata, childPath(path, "metadata")),
  ];
}

function textErrors(resource: JsonObject, path: string, rule: (text: string) => string | undefined): FieldError[] {
  const key = path.slice(path.lastIndexOf(".") + 1);
  const value = Object.hasOwn(resource, key) ? resource[key] : undefined;
  if (value === undefined || value === "") return [required(path)];
  if (typeof value !== "string") return [invalid(path, value, "must be a string")];
  const error = rule(value);
  return error === undefined ? [] : [invalid(path, value, error)];
}

/** Names may be anything that can stand in a path: the resource is of no known kind. */
function metadataErrors(metadata: unknown, field: string): FieldError[] {
  if (!isJsonObject(metadata)) return [];
  const meta = metadata as ObjectMeta;
  const named = meta.name ? meta : { ...meta, name: "fakename" };
  return validateObjectMeta(named, { namespaced: Boolean(meta.namespace), nameRule: "pathSegment", field });
}
