import { apiVersionOf } from "../../api/meta.ts";
import type { ResourceSchema } from "../../api/schema.ts";
import type { DiscoveredResource, RemoteVersion } from "../aggregation/remote-resources.ts";

/** A group with the versions that have resources, the preferred one first. */
export interface ServedGroup {
  readonly name: string;
  readonly versions: readonly ServedVersion[];
}

export interface ServedVersion {
  readonly version: string;
  /** Another server answers for it, and could not be asked lately. */
  readonly isStale?: boolean;
  readonly resources: readonly ResourceSchema[];
  /** Its resources in the words of the server that answers for it: only clients of aggregated discovery ask us for them. */
  readonly told?: readonly DiscoveredResource[];
}

/** Sorts resources into groups and versions, which keep the order in which they come first. */
export function groupResources(resources: readonly ResourceSchema[]): ServedGroup[] {
  const groups = new Map<string, Map<string, ResourceSchema[]>>();
  for (const resource of resources) {
    const versions = groups.get(resource.group) ?? new Map<string, ResourceSchema[]>();
    groups.set(resource.group, versions);
    const members = versions.get(resource.version) ?? [];
    versions.set(resource.version, members);
    members.push(resource);
  }
  return [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions].map(([version, members]) => ({ version, resources: members.toSorted(byName) })),
  }));
}

function byName(a: ResourceSchema, b: ResourceSchema): number {
  return a.resource < b.resource ? -1 : 1;
}

interface GroupVersionForDiscovery {
  readonly groupVersion: string;
  readonly version: string;
}

export interface ApiGroup {
  readonly kind?: "APIGroup";
  readonly apiVersion?: "v1";
  readonly name: string;
  readonly versions: readonly GroupVersionForDiscovery[];
  readonly preferredVersion: GroupVersionForDiscovery | undefined;
}

/** What GET /api answers. @param serverAddress host and port that clients reach the server at */
export function apiVersions(groups: readonly ServedGroup[], serverAddress: string) {
  const core = groups.find(({ name }) => name === "");
  return {
    kind: "APIVersions",
    versions: core?.versions.map(({ version }) => version) ?? [],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
  };
}

/** What GET /apis answers: all groups but the core one. */
export function apiGroupList(groups: readonly ServedGroup[]) {
  return {
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: groups.filter(({ name }) => name !== "").map(groupOf),
  };
}

/** What GET /apis/<group> answers. */
export function apiGroup(group: ServedGroup): ApiGroup {
  return { kind: "APIGroup", apiVersion: "v1", ...groupOf(group) };
}

function groupOf({ name, versions }: ServedGroup): ApiGroup {
  const named = versions.map(({ version }) => ({ groupVersion: apiVersionOf({ group: name, version }), version }));
  return { name, versions: named, preferredVersion: named[0] };
}

/**
 * The groups of this server with what other servers serve: versions come into their group by priority where the group is theirs
 * alone, behind this server's own versions elsewhere, and in the place of its own where both have one; new groups come last, by priority.
 */
export function withRemoteVersions(
  groups: readonly ServedGroup[],
  remote: readonly RemoteVersion[],
): readonly ServedGroup[] {
  if (remote.length === 0) return groups;
  const byGroup = Map.groupBy(
    remote.toSorted((a, b) => b.versionPriority - a.versionPriority || (a.version < b.version ? -1 : 1)),
    ({ group }) => group,
  );
  const versionsOf = (name: string): ServedVersion[] =>
    (byGroup.get(name) ?? []).map(({ version, resources = [], told, isStale }) => ({
      version,
      resources: resources.toSorted(byName),
      ...(told !== undefined && { told }),
      ...(isStale && { isStale }),
    }));
  const own = groups.map(({ name, versions }) => {
    const elsewhere = versionsOf(name);
    const isHere = ({ version }: ServedVersion) => !elsewhere.some((each) => each.version === version);
    return { name, versions: [...versions.filter(isHere), ...elsewhere] };
  });
  const known = new Set(groups.map(({ name }) => name));
  const priority = (name: string): number =>
    Math.max(...(byGroup.get(name) ?? []).map(({ groupPriorityMinimum }) => groupPriorityMinimum));
  const added = [...byGroup.keys()]
    .filter((name) => !known.has(name))
    .sort((a, b) => priority(b) - priority(a) || (a < b ? -1 : 1));
  return [...own, ...added.map((name) => ({ name, versions: versionsOf(name) }))];
}
