import type { ResourceSchema, Schema } from "../../api/schema.ts";
import { compareVersions } from "../../api/version-order.ts";
import type { ResourceTable } from "../registry/resource-table.ts";

/**
 * What the server serves, in the order of discovery: what the table holds, and what is computed and never stored (reviews,
 * bindings), which only the schema has. Custom resources come after the built-in ones, by group, preferred versions first.
 *
 * @returns a function whose result is the same array until the table's list changes
 */
export function servedResources(table: ResourceTable, schema: Schema): () => readonly ResourceSchema[] {
  let listed: ReturnType<ResourceTable["list"]> | undefined;
  let resources: readonly ResourceSchema[] = [];
  return () => {
    const list = table.list();
    if (list !== listed) {
      const builtIn = schema.resources.filter(
        ({ group, version, resource, verbs }) =>
          !verbs.includes("list") || table.find(group, version, resource) !== undefined,
      );
      const known = new Set(builtIn);
      const custom = list.map((served) => served.schema).filter((resource) => !known.has(resource));
      custom.sort(byGroupAndVersion);
      resources = [...builtIn, ...custom];
      listed = list;
    }
    return resources;
  };
}

function byGroupAndVersion(left: ResourceSchema, right: ResourceSchema): number {
  if (left.group !== right.group) return left.group < right.group ? -1 : 1;
  return compareVersions(left.version, right.version);
}
