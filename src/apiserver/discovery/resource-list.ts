import { createHash } from "node:crypto";
import { apiVersionOf } from "../../api/meta.ts";
import type { ResourceSchema, SubresourceSchema } from "../../api/schema.ts";
import type { ServedGroup, ServedVersion } from "./groups.ts";

/** One line of `kubectl api-resources`, or a subresource. */
export interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  /** Where they differ from the list's. */
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly storageVersionHash?: string;
}

/**
 * What GET /api/v1 and GET /apis/<group>/<version> answer.
 *
 * @param storageVersion in which version a resource is stored, as far as somebody knows
 */
export function apiResourceList(
  group: ServedGroup,
  { version, resources }: ServedVersion,
  storageVersion: (resource: ResourceSchema) => string | undefined = () => undefined,
) {
  return {
    kind: "APIResourceList",
    ...(group.name === "" ? {} : { apiVersion: "v1" }),
    groupVersion: apiVersionOf({ group: group.name, version }),
    resources: resources.flatMap((resource) => [
      apiResource(resource, storageVersion(resource) ?? firstVersion(resource, group)),
      ...(resource.subresources ?? []).map((subresource) => apiSubresource(resource, subresource)),
    ]),
  };
}

function apiResource(resource: ResourceSchema, storageVersion: string): ApiResource {
  const { resource: name, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  const isStored = verbs.includes("list") && verbs.includes("create");
  return {
    name,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
    ...(isStored ? { storageVersionHash: storageVersionHash(resource, storageVersion) } : {}),
  };
}

function apiSubresource(resource: ResourceSchema, subresource: SubresourceSchema): ApiResource {
  const { name, group, version, kind, verbs } = subresource;
  const differs = group !== resource.group || version !== resource.version;
  return {
    name: `${resource.resource}/${name}`,
    singularName: "",
    namespaced: resource.namespaced,
    ...(differs ? { group, version } : {}),
    kind,
    verbs,
  };
}

/** Built-in objects are stored in the first version that has the resource. */
function firstVersion({ resource, version }: ResourceSchema, { versions }: ServedGroup): string {
  return versions.find(({ resources }) => resources.some((other) => other.resource === resource))?.version ?? version;
}

/** Names the version in which objects are stored. Opaque to clients. */
function storageVersionHash(resource: ResourceSchema, storageVersion: string): string {
  const name = `${resource.group}/${storageVersion}/${resource.kind}`;
  return createHash("sha256").update(name).digest().subarray(0, 8).toString("base64");
}
