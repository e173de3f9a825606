import type { Definition, ResourceSchema, Schema } from "../../../src/api/schema.ts";
import { resourceNames } from "../overlay/names.ts";
import type { ServedResource } from "../resources.ts";

/**
 * Joins definitions and resources to the schema.
 *
 * @throws Error when overlay/names.ts names a resource that does not exist
 */
export function buildSchema(
  definitions: ReadonlyMap<string, Definition>,
  resources: readonly ServedResource[],
): Schema {
  const unused = new Set(Object.keys(resourceNames));
  const named = resources.map((resource): ResourceSchema => {
    const key = resource.group === "" ? resource.resource : `${resource.resource}.${resource.group}`;
    unused.delete(key);
    const { subresources, ...rest } = resource;
    return {
      ...rest,
      singular: resource.kind.toLowerCase(),
      ...resourceNames[key],
      ...(subresources.length === 0 ? {} : { subresources }),
    };
  });
  if (unused.size > 0) throw new Error(`overlay/names.ts: there are no resources ${[...unused].join(", ")}`);
  const sorted = [...definitions].sort(([a], [b]) => (a < b ? -1 : 1));
  return { definitions: Object.fromEntries(sorted), resources: named };
}
