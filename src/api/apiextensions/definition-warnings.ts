import type { CustomResourceDefinition } from "../generated/apiextensions.k8s.io/v1.ts";
import { isSupportedFormat } from "../structural/formats.ts";
import { someSchemaOf } from "./schema-places.ts";

/**
 * What is allowed in a definition and means nothing: for `Warning` headers.
 *
 * @param old what was in it before is not told again
 */
export function definitionWarnings(
  definition: CustomResourceDefinition,
  old?: CustomResourceDefinition,
): readonly string[] {
  const before = old === undefined ? new Set<string>() : unrecognizedFormats(old);
  return [...unrecognizedFormats(definition)]
    .filter((format) => !before.has(format))
    .sort()
    .map((format) => `unrecognized format ${JSON.stringify(format)}`);
}

function unrecognizedFormats({ spec }: CustomResourceDefinition): Set<string> {
  const found = new Set<string>();
  someSchemaOf(spec, ({ type, format }) => {
    if (format && !isSupportedFormat(type, format)) found.add(format);
    return false;
  });
  return found;
}
