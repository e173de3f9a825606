import type { AnyObject, ApiObject, ResourceReference } from "../api/meta.ts";
import { parseApiVersion } from "../api/meta.ts";
import { errorMessage } from "../base/assert.ts";
import type { Client } from "../client/client.ts";

/** A resource that the API server serves, in the version that it prefers. */
export interface DiscoveredResource extends ResourceReference<AnyObject> {
  readonly verbs: readonly string[];
}

export interface Discovery {
  readonly resources: readonly DiscoveredResource[];
  /** Group versions that could not be asked, with the reason: an extension server may be away. */
  readonly failures: readonly string[];
}

interface GroupVersions extends ApiObject {
  groups?: {
    name: string;
    versions: { groupVersion: string; version: string }[];
    preferredVersion?: { version: string };
  }[];
}

interface ResourceList extends ApiObject {
  resources?: { name: string; kind: string; namespaced: boolean; verbs?: string[]; group?: string; version?: string }[];
}

/**
 * Asks the API server what it serves: each resource once, in its group's preferred version, or in the first other version
 * that has it. Rejects when even the list of groups cannot be had.
 */
export async function discoverResources(client: Client): Promise<Discovery> {
  const groups = (await get(client, "/apis")) as GroupVersions;
  const groupVersions = [
    ["v1"],
    ...(groups.groups ?? []).map(({ versions, preferredVersion }) => {
      const preferredFirst = [...versions].sort(
        (a, b) => Number(b.version === preferredVersion?.version) - Number(a.version === preferredVersion?.version),
      );
      return preferredFirst.map(({ groupVersion }) => groupVersion);
    }),
  ];
  const resources = new Map<string, DiscoveredResource>();
  const failures: string[] = [];
  for (const groupVersion of groupVersions.flat()) {
    try {
      const list = (await get(client, pathOf(groupVersion))) as ResourceList;
      for (const resource of resourcesOf(groupVersion, list)) {
        const id = `${resource.resource}.${resource.group}`;
        if (!resources.has(id)) resources.set(id, resource);
      }
    } catch (error) {
      failures.push(`${groupVersion}: ${errorMessage(error)}`);
    }
  }
  return { resources: [...resources.values()], failures };
}

/** The resources of a list, without subresources. */
export function resourcesOf(groupVersion: string, list: ResourceList): DiscoveredResource[] {
  return (list.resources ?? [])
    .filter((resource) => !resource.name.includes("/"))
    .map((resource) => ({
      ...parseApiVersion(groupVersion),
      resource: resource.name,
      kind: resource.kind,
      namespaced: resource.namespaced,
      verbs: resource.verbs ?? [],
    }));
}

function get(client: Client, path: string): Promise<ApiObject> {
  return client.transport.request({ method: "GET", path });
}

function pathOf(groupVersion: string): string {
  return groupVersion === "v1" ? "/api/v1" : `/apis/${groupVersion}`;
}
