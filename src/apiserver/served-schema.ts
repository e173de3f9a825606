import type { ResourceSchema, Schema } from "../api/schema.ts";
import type { VirtualHandler } from "./handlers/dispatch.ts";
import type { ResourceTable } from "./registry/resource-table.ts";

/** The part of the schema that this server serves: what discovery and OpenAPI tell clients. */
export function servedSchema(
  schema: Schema,
  served: { readonly table: ResourceTable; readonly virtual: Readonly<Record<string, VirtualHandler>> },
): Schema {
  const isServed = ({ group, version, resource }: ResourceSchema): boolean =>
    served.table.find(group, version, resource) !== undefined || served.virtual[`${group}/${version}/${resource}`] !== undefined;
  return { definitions: schema.definitions, resources: schema.resources.filter(isServed) };
}
