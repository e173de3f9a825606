import { createHash } from "node:crypto";
import type { ApiObject } from "../../api/meta.ts";
import type { ResourceSchema, Schema } from "../../api/schema.ts";
import { methodNotAllowed } from "../../api/status.ts";
import type { RemoteVersion } from "../aggregation/remote-resources.ts";
import { type Answer, type Exchange, objectAnswer, textAnswer } from "../exchange.ts";
import type { PathHandler } from "../handlers/handler.ts";
import { parseAccept } from "../http/negotiate.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import { type AggregatedVersion, apiGroupDiscoveryList } from "./aggregated.ts";
import {
  apiGroup,
  apiGroupList,
  apiVersions,
  groupResources,
  type ServedGroup,
  type ServedVersion,
  withRemoteVersions,
} from "./groups.ts";
import { type ApiResource, apiResourceList } from "./resource-list.ts";
import { servedResources } from "./served.ts";

interface Current {
  readonly resources: readonly ResourceSchema[];
  readonly elsewhere: readonly RemoteVersion[];
  readonly groups: readonly ServedGroup[];
  /** Aggregated discovery by path and version, as clients ask for it over and over. */
  readonly aggregated: Map<string, { readonly body: string; readonly etag: string }>;
}

/** GET /api, /apis, /apis/<group>, /api/v1 and /apis/<group>/<version>. Upstream's router knows what is built in, and refuses other methods. */
export function discoveryPaths(
  table: ResourceTable,
  schema: Schema,
  options: { remote?: () => readonly RemoteVersion[]; withoutHashes?: boolean } = {},
): PathHandler {
  const { remote = () => [], withoutHashes = false } = options;
  const served = servedResources(table, schema);
  const builtIn = new Set(schema.resources);
  const isBuiltIn = (resource: ResourceSchema): boolean => builtIn.has(resource);
  let current: Current | undefined;
  const storageVersion = ({ group, resource }: ResourceSchema) => table.stored(group, resource)?.schema.version;
  const resourceList = (group: ServedGroup, version: ServedVersion) => {
    const list = apiResourceList(group, version, storageVersion);
    return withoutHashes ? { ...list, resources: list.resources.map(withoutHash) } : list;
  };
  return (exchange) => {
    const [root, ...rest] = exchange.path.split("/").filter((part) => part !== "");
    if ((root !== "api" && root !== "apis") || rest.length > (root === "api" ? 1 : 2)) return undefined;
    const resources = served();
    const elsewhere = remote();
    if (
      current?.resources !== resources ||
      (current.elsewhere !== elsewhere && current.elsewhere.length + elsewhere.length > 0)
    ) {
      const groups = withRemoteVersions(groupResources(resources), elsewhere);
      current = { resources, elsewhere, groups, aggregated: new Map() };
    }
    const isRead = exchange.method === "GET";
    if (rest.length === 0) {
      if (!isRead) throw methodNotAllowed();
      return rootAnswer(root, current, { exchange, isBuiltIn });
    }
    const [name, version] = root === "api" ? ["", rest[0]] : [rest[0], rest[1]];
    const group = current.groups.find((candidate) => candidate.name === name && (root === "api" || name !== ""));
    if (group === undefined) return undefined;
    if (!isRead && schema.resources.some((resource) => resource.group === name)) throw methodNotAllowed();
    if (version === undefined) return objectAnswer(apiGroup(group) as ApiObject);
    const found = group.versions.find((candidate) => candidate.version === version);
    return found === undefined ? undefined : objectAnswer(resourceList(group, found) as ApiObject);
  };
}

interface Asked {
  readonly exchange: Exchange;
  readonly isBuiltIn: (resource: ResourceSchema) => boolean;
}

function rootAnswer(root: "api" | "apis", current: Current, { exchange, isBuiltIn }: Asked): Answer {
  const version = aggregatedVersion(exchange);
  if (version !== undefined) return aggregatedAnswer(root, version, { current, exchange, isBuiltIn });
  if (root === "apis") return objectAnswer(apiGroupList(current.groups) as ApiObject);
  const serverAddress = exchange.headers[":authority"] ?? exchange.headers.host ?? "";
  return objectAnswer(apiVersions(current.groups, String(serverAddress)) as ApiObject);
}

function aggregatedAnswer(
  root: "api" | "apis",
  version: AggregatedVersion,
  { current, exchange, isBuiltIn }: { current: Current } & Asked,
): Answer {
  const key = `${root} ${version}`;
  let made = current.aggregated.get(key);
  if (made === undefined) {
    const groups = current.groups.filter(({ name }) => (name === "") === (root === "api"));
    const body = JSON.stringify(apiGroupDiscoveryList(groups, version, isBuiltIn));
    made = { body, etag: `"${createHash("sha256").update(body).digest("hex").toUpperCase()}"` };
    current.aggregated.set(key, made);
  }
  const headers = { etag: made.etag, vary: "Accept", "cache-control": "public" };
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  // Clients' caches take over the headers of a 304, so it has to tell the content type too.
  const unchanged = exchange.headers["if-none-match"] === made.etag;
  if (unchanged) return { ...textAnswer("", { code: 304, contentType }), headers };
  return { ...textAnswer(made.body, { contentType }), headers };
}

/** The version of aggregated discovery that the client likes best, unless it likes plain discovery better. */
function aggregatedVersion(exchange: Exchange): AggregatedVersion | undefined {
  for (const { type, parameters } of parseAccept(exchange.headers.accept ?? "")) {
    const { g, v, as } = parameters;
    if (as === undefined) return undefined;
    const isAggregated = type === "application/json" && g === "apidiscovery.k8s.io" && as === "APIGroupDiscoveryList";
    if (isAggregated && (v === "v2" || v === "v2beta1")) return v;
  }
  return undefined;
}

function withoutHash({ storageVersionHash: _hash, ...resource }: ApiResource): ApiResource {
  return resource;
}
