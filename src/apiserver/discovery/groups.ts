import { apiVersionOf } from "../../api/meta.ts";
import type { ResourceSchema } from "../../api/schema.ts";
import { compareVersions } from "../../api/version-order.ts";
import { localPriority } from "../aggregation/local-services.ts";
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

interface Ranked {
  readonly served: ServedVersion;
  readonly groupPriorityMinimum: number;
  readonly versionPriority: number;
}

/**
 * The groups of this server with what other servers serve, which is told also where this one has such a version, too. As
 * APIServices rank them: the highest group priority of its versions places a group, and version priority a version in it; versions
 * of one rank come in Kubernetes' own order, groups of one rank in the order of this server's, then by name.
 */
export function withRemoteVersions(
  groups: readonly ServedGroup[],
  remote: readonly RemoteVersion[],
): readonly ServedGroup[] {
  if (remote.length === 0) return groups;
  const ofOthers = Map.groupBy(remote, ({ group }) => group);
  const names = [...new Set([...groups.map(({ name }) => name), ...[...ofOthers.keys()].sort()])];
  const ranked = names.map((name) => {
    const elsewhere = (ofOthers.get(name) ?? []).map(rankedRemote);
    const isHere = ({ version }: ServedVersion) => !elsewhere.some(({ served }) => served.version === version);
    const own = (groups.find((group) => group.name === name)?.versions ?? []).filter(isHere);
    const here = own.map((served) => ({ served, ...localPriority({ group: name, version: served.version }) }));
    // Where nobody else has a say this server's order stands.
    const versions = elsewhere.length === 0 ? here : [...here, ...elsewhere].sort(byVersion);
    const priority = Math.max(...versions.map(({ groupPriorityMinimum }) => groupPriorityMinimum));
    return { priority, group: { name, versions: versions.map(({ served }) => served) } };
  });
  return ranked.sort((a, b) => b.priority - a.priority).map(({ group }) => group);
}

const rankedRemote = ({ version, resources = [], told, isStale, ...priorities }: RemoteVersion): Ranked => ({
  served: {
    version,
    resources: resources.toSorted(byName),
    ...(told !== undefined && { told }),
    ...(isStale && { isStale }),
  },
  ...priorities,
});

const byVersion = (a: Ranked, b: Ranked): number =>
  b.versionPriority - a.versionPriority || compareVersions(a.served.version, b.served.version);
