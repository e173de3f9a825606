import type { ResourceSchema } from "../../api/schema.ts";
import type { ServedGroup } from "./groups.ts";

export type AggregatedVersion = "v2" | "v2beta1";

/**
 * What GET /api and GET /apis answer to clients that ask for aggregated discovery: everything at once.
 *
 * @param groups the core group alone for /api, all others for /apis
 */
export function apiGroupDiscoveryList(groups: readonly ServedGroup[], version: AggregatedVersion) {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: { ...(group.name === "" ? {} : { name: group.name }), creationTimestamp: null },
      versions: group.versions.map(({ version: name, resources, isStale }) => ({
        version: name,
        resources: resources.map(discoveredResource),
        freshness: isStale === true ? "Stale" : "Current",
      })),
    })),
  };
}

function discoveredResource(resource: ResourceSchema) {
  const { group, version, kind, verbs, shortNames, categories, subresources } = resource;
  const scope = resource.namespaced ? "Namespaced" : "Cluster";
  return {
    resource: resource.resource,
    responseKind: { group, version, kind },
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
            responseKind: { group: subresource.group, version: subresource.version, kind: subresource.kind },
            verbs: subresource.verbs,
          })),
        }),
  };
}
