import type { AnyObject, ApiObject } from "../../api/meta.ts";
import { cloneJson, type JsonObject } from "../../api/patch/json-value.ts";
import { internalError } from "../../api/status.ts";
import type { GroupVersionResource, ResourceVersions } from "../admission/matching/resource-versions.ts";
import type { ServedResource } from "./resource.ts";
import type { ResourceTable } from "./resource-table.ts";

/** All versions in the server's table, which may come into being later. */
export function tableVersions(table: () => ResourceTable): ResourceVersions {
  let list: readonly ServedResource[] | undefined;
  let byPrefix = new Map<string, readonly ServedResource[]>();
  const find = ({ group, version, resource }: GroupVersionResource) => table().find(group, version, resource);
  const sameObjects = (prefix: string): readonly ServedResource[] => {
    const now = table().list();
    if (now !== list) {
      list = now;
      byPrefix = Map.groupBy(now, (each) => each.storage.prefix);
    }
    return byPrefix.get(prefix) ?? [];
  };
  return {
    equivalents(of) {
      const own = find(of);
      if (own === undefined) return [];
      return sameObjects(own.storage.prefix)
        .filter((each) => each !== own)
        .map(({ schema: { group, version, resource } }) => ({ group, version, resource }));
    },
    kindOf(of, subresource) {
      const schema = find(of)?.schema;
      if (schema === undefined || subresource === "") return schema;
      return schema.subresources?.find((each) => each.name === subresource);
    },
    resourceOf: ({ group, version, kind }) =>
      table()
        .list()
        .find(({ schema }) => schema.kind === kind && schema.group === group && schema.version === version)?.reference,
    definitionOf(of) {
      const found = find(of);
      return found === undefined ? undefined : { schema: found.allSchema, definition: found.schema.definition };
    },
    async convert(object, from, to) {
      const [source, target] = [find(from), find(to)];
      if (source === undefined || target === undefined) {
        throw internalError(`unable to convert to ${to.group}/${to.version}, Resource=${to.resource}: unknown kind`);
      }
      if (source === target) return object;
      const stored = await (source.storage.conversion?.toStored(cloneJson(object)) ?? object);
      const shown = await (target.storage.conversion?.fromStored([stored]) ?? [stored]);
      return shown[0] ?? stored;
    },
    complete(object, of) {
      const resource = find(of);
      if (resource === undefined) return object;
      const { object: held } = resource.normalize(object as AnyObject as JsonObject);
      resource.kind?.setDefaults?.(held as ApiObject);
      return held as ApiObject;
    },
  };
}
