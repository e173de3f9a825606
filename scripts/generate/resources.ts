import type { SubresourceSchema } from "../../src/api/schema.ts";
import type { Operation } from "./client-node/operations.ts";
import type { DefinitionName } from "./naming.ts";
import { compareVersions, groupOrder } from "./overlay/groups.ts";
import { connectKinds, unservedVerbs } from "./overlay/subresources.ts";

/** A resource as far as paths and operations tell. */
export interface ServedResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly definition: string;
  readonly subresources: readonly SubresourceSchema[];
}

interface ParsedPath {
  group: string;
  version: string;
  namespaced: boolean;
  resource: string;
  named: boolean;
  subresource: string | undefined;
}

interface Draft {
  path: ParsedPath;
  verbs: Set<string>;
  kindClass: string | undefined;
  subresources: Map<string, { verbs: Set<string>; kindClass: string | undefined; connect: boolean }>;
}

/** Builds all resources, in discovery's order of groups and the preference order of versions. */
export function buildResources(
  operations: readonly Operation[],
  names: ReadonlyMap<string, DefinitionName>,
): ServedResource[] {
  const drafts = new Map<string, Draft>();
  for (const operation of operations) {
    const path = parsePath(operation.path);
    if (path === undefined || (operation.id.startsWith("list") && operation.id.endsWith("ForAllNamespaces"))) continue;
    const key = `${path.group}/${path.version}/${path.resource}`;
    const draft = drafts.get(key) ?? { path, verbs: new Set(), kindClass: undefined, subresources: new Map() };
    drafts.set(key, draft);
    if (path.subresource === undefined) addOperation(draft, operation);
    else addSubresourceOperation(draft, path.subresource, operation);
  }
  return [...drafts.values()].map((draft) => finish(draft, names)).sort(compareResources);
}

/** `/apis/apps/v1/namespaces/{namespace}/deployments/{name}/status` and its shorter forms; other paths are no resources. */
function parsePath(path: string): ParsedPath | undefined {
  const match =
    /^(?:\/api|\/apis\/(?<group>[^/]+))\/(?<version>v[^/]+)(?<scope>\/namespaces\/\{namespace\})?\/(?<resource>[a-z]+)(?<name>\/\{name\}(?:\/(?<subresource>[a-z]+))?)?(?:\/\{path\})?$/.exec(
      path,
    )?.groups;
  if (match === undefined || path.includes("/watch/")) return undefined;
  return {
    group: match.group ?? "",
    version: match.version!,
    namespaced: match.scope !== undefined,
    resource: match.resource!,
    named: match.name !== undefined,
    subresource: match.subresource,
  };
}

function addOperation(draft: Draft, operation: Operation): void {
  for (const verb of verbsOf(operation)) draft.verbs.add(verb);
  const listing = operation.id.startsWith("list") || operation.id.startsWith("deleteCollection");
  if (!listing && operation.method !== "DELETE") draft.kindClass ??= operation.responseClass;
}

function addSubresourceOperation(draft: Draft, name: string, operation: Operation): void {
  const subresource = draft.subresources.get(name) ?? {
    verbs: new Set(),
    kindClass: undefined,
    connect: operation.id.startsWith("connect"),
  };
  draft.subresources.set(name, subresource);
  for (const verb of verbsOf(operation)) subresource.verbs.add(verb);
  const structured = operation.method === "POST" ? operation.bodyClass : operation.responseClass;
  if (structured !== "string") subresource.kindClass ??= structured;
}

function verbsOf(operation: Operation): string[] {
  if (operation.id.startsWith("deleteCollection")) return ["deletecollection"];
  if (operation.id.startsWith("list"))
    return operation.queryParameters.includes("watch") ? ["list", "watch"] : ["list"];
  const verbs: Record<string, string> = { GET: "get", POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };
  const verb = verbs[operation.method];
  return verb === undefined ? [] : [verb];
}

function finish(draft: Draft, names: ReadonlyMap<string, DefinitionName>): ServedResource {
  const { group, version, resource, namespaced } = draft.path;
  const where = `${group}/${version} ${resource}`;
  const kind = nameOf(draft.kindClass, names, where);
  const subresources = [...draft.subresources].map(([name, subresource]): SubresourceSchema => {
    const verbs = [...subresource.verbs].sort();
    if (subresource.connect) {
      const connectKind = connectKinds[`${resource}/${name}`];
      if (connectKind === undefined)
        throw new Error(`overlay/subresources.ts has no options kind for ${where}/${name}`);
      return { name, group, version, kind: connectKind, verbs };
    }
    if (subresource.kindClass === undefined) return { name, group, version, kind: kind.name, verbs };
    const own = nameOf(subresource.kindClass, names, `${where}/${name}`);
    return { name, group: own.group.name, version: own.version, kind: own.name, verbs };
  });
  subresources.sort((a, b) => (a.name < b.name ? -1 : 1));
  const unserved = unservedVerbs[resource] ?? [];
  const verbs = [...draft.verbs].filter((verb) => !unserved.includes(verb)).sort();
  return { group, version, resource, kind: kind.name, namespaced, verbs, definition: kind.definition, subresources };
}

function nameOf(
  className: string | undefined,
  names: ReadonlyMap<string, DefinitionName>,
  where: string,
): DefinitionName {
  const name = names.get(className ?? "");
  if (name === undefined) throw new Error(`no kind found for ${where} (class ${className})`);
  return name;
}

function compareResources(a: ServedResource, b: ServedResource): number {
  return (
    groupOrder(a.group) - groupOrder(b.group) ||
    compareVersions(a.version, b.version) ||
    (a.resource < b.resource ? -1 : 1)
  );
}
