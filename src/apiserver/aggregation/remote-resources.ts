import type { APIService } from "../../api/generated/apiregistration.k8s.io/v1.ts";
import type { ResourceSchema, SubresourceSchema } from "../../api/schema.ts";

/** A resource as a server that knows aggregated discovery tells of it (apidiscovery.k8s.io APIResourceDiscovery): handed on as it is. */
export type DiscoveredResource = Readonly<Record<string, unknown>>;

/** What an aggregated server serves in one group and version, in one of two forms. */
export interface RemoteDiscovery {
  readonly resources?: readonly ResourceSchema[];
  readonly told?: readonly DiscoveredResource[];
}

/** One API of another server, as discovery tells it. */
export interface RemoteVersion extends RemoteDiscovery {
  readonly group: string;
  readonly version: string;
  readonly groupPriorityMinimum: number;
  readonly versionPriority: number;
  /** Where its OpenAPI v3 document is, when it has one: `/openapi/v3/apis/<group>/<version>?hash=…`. */
  readonly openapiUrl: string | undefined;
  /** Its OpenAPI v2 document. Rejects when it has none, or cannot be asked. */
  readonly openapiV2: () => Promise<unknown>;
  /** The server answers: requests go on to it. */
  readonly isAvailable: boolean;
  /** It could not be asked lately what it serves: this is what it said before, if it ever did. */
  readonly isStale: boolean;
}

interface ApiResource {
  readonly name: string;
  readonly singularName?: string;
  readonly namespaced?: boolean;
  readonly kind?: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs?: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/** What GET /apis/<group>/<version> of an aggregated server says, in the form of our own resources; undefined when it is no such answer. */
export function remoteResources(body: unknown, { spec }: APIService): ResourceSchema[] | undefined {
  const { resources } = (body ?? {}) as { resources?: unknown };
  if (!Array.isArray(resources)) return undefined;
  const { group = "", version = "" } = spec ?? {};
  const known = resources.filter(isApiResource);
  const subresources = Map.groupBy(
    known.filter(({ name }) => name.includes("/")),
    ({ name }) => name.slice(0, name.indexOf("/")),
  );
  return known
    .filter(({ name }) => !name.includes("/"))
    .map((resource) => ({
      group,
      version,
      resource: resource.name,
      singular: resource.singularName ?? "",
      kind: resource.kind ?? "",
      namespaced: resource.namespaced === true,
      verbs: resource.verbs ?? [],
      ...(resource.shortNames !== undefined && { shortNames: resource.shortNames }),
      ...(resource.categories !== undefined && { categories: resource.categories }),
      definition: "",
      ...subresourcesOf(subresources.get(resource.name), { group, version }),
    }));
}

function subresourcesOf(
  found: readonly ApiResource[] | undefined,
  of: { group: string; version: string },
): { subresources?: SubresourceSchema[] } {
  if (found === undefined) return {};
  return {
    subresources: found.map(({ name, group, version, kind, verbs }) => ({
      name: name.slice(name.indexOf("/") + 1),
      group: group ?? of.group,
      version: version ?? of.version,
      kind: kind ?? "",
      verbs: verbs ?? [],
    })),
  };
}

function isApiResource(value: unknown): value is ApiResource {
  return typeof value === "object" && value !== null && typeof (value as ApiResource).name === "string";
}

/** What GET /openapi/v3 of an aggregated server says about where a group-version's document is. */
export function remoteOpenapiUrl(index: unknown, { spec }: APIService): string | undefined {
  const { paths } = (index ?? {}) as { paths?: Record<string, { serverRelativeURL?: unknown } | undefined> };
  const name = `apis/${spec?.group}/${spec?.version}`;
  const url = paths !== undefined && Object.hasOwn(paths, name) ? paths[name]?.serverRelativeURL : undefined;
  return typeof url === "string" && url.startsWith(`/openapi/v3/${name}`) ? url : undefined;
}
