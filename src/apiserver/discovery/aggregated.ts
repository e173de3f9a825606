import type { ResourceSchema } from "../../api/schema.ts";
import type { ServedGroup } from "./groups.ts";

export type AggregatedVersion = "v2" | "v2beta1";

/**
 * What GET /api and GET /apis answer to clients that ask for aggregated discovery: everything at once.
 *
 * @param groups the core group alone for /api, all others for /apis
 * @param isBuiltIn whose kinds are told without group and version where these are the resource's own, as upstream does
 */
export function apiGroupDiscoveryList(
  groups: readonly ServedGroup[],
  version: AggregatedVersion,
  isBuiltIn: (resource: ResourceSchema) => boolean,
) {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.name === "" ? {} : { name: group.name },
      versions: group.versions.map(({ version: name, resources, told, isStale }) => ({
        version: name,
        ...whereAny(told ?? resources.map((resource) => discoveredResource(resource, isBuiltIn(resource)))),
        freshness: isStale === true ? "Stale" : "Current",
      })),
    })),
  };
}

/** As Go leaves out empty lists. */
const whereAny = <T>(resources: readonly T[]): { resources?: readonly T[] } =>
  resources.length > 0 ? { resources } : {};

function discoveredResource(resource: ResourceSchema, isBuiltIn: boolean) {
  const { verbs, shortNames, categories, subresources } = resource;
  const responseKind = ({ group, version, kind }: { group: string; version: string; kind: string }) =>
    isBuiltIn && group === resource.group && version === resource.version
      ? { group: "", version: "", kind }
      : { group, version, kind };
  const scope = resource.namespaced ? "Namespaced" : "Cluster";
  return {
    resource: resource.resource,
    responseKind: responseKind(resource),
    scope,
    singularResource: resource.singular,
    verbs,
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
    ...(subresources === undefined
      ? {}
      : {
          subresources: subresources.map((subresource) => ({
            subresource: subresource.name,
            responseKind: responseKind(subresource),
            verbs: subresource.verbs,
          })),
        }),
  };
}
