import type { ServedResource } from "../registry/resource.ts";
import type { OpenapiSchema } from "./document.ts";
import { openapiV3Path } from "./v3.ts";

/** Schemas of kinds that the compact schema does not define. Nothing is made before it is asked for. */
export interface CustomComponents {
  /** Of the kinds of one group and version, by definition name. */
  ofVersion(group: string, version: string): Record<string, OpenapiSchema>;
  /** One of any version, as OpenAPI 2.0 has it. */
  find(name: string): OpenapiSchema | undefined;
  /** What changes when they do, by openapiV3Path. */
  readonly fingerprints: Readonly<Record<string, string>>;
}

export function customComponents(resources: readonly ServedResource[]): CustomComponents {
  const custom = resources.filter((resource) => resource.custom !== undefined);
  const owners = new Map<string, ServedResource>();
  const fingerprints: Record<string, string> = {};
  for (const resource of custom) {
    const { definition, group, version } = resource.schema;
    owners.set(definition, resource).set(`${definition}List`, resource);
    const path = openapiV3Path({ group, version });
    fingerprints[path] = `${fingerprints[path] ?? ""} ${resource.custom?.fingerprint()}`;
  }
  return {
    fingerprints,
    find: (name) => owners.get(name)?.custom?.published(2)[name],
    ofVersion(group, version) {
      const all: Record<string, OpenapiSchema> = {};
      for (const { schema, custom: facets } of custom) {
        if (schema.group === group && schema.version === version) Object.assign(all, facets?.published(3));
      }
      return all;
    },
  };
}
