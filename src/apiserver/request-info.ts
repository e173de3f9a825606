import { queryFlag } from "../api/query-flag.ts";
import { type RequestTarget, requestTarget } from "./request-target.ts";

/**
 * What a request is about, read from its method, path and query alone, as upstream's RequestInfo: authorization decides on
 * exactly this, so it must never guess.
 */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  /**
   * get, list, watch, create, update, patch, delete, deletecollection, or the lower-case method of a plain path. Empty for
   * methods that mean nothing to resources, such as OPTIONS.
   */
  readonly verb: string;
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** What follows the subresource (the target of a proxy request), without a leading slash. */
  readonly rest: string;
  /** Verb, group, version, resource and subresource, as one object for all requests that have the same. */
  readonly target: RequestTarget;
}

const VERBS: Record<string, string> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** @throws URIError when a path segment is not valid percent-encoding */
export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = partsOf(path);
  const isCore = parts[0] === "api";
  if (!isCore && parts[0] !== "apis") return plainInfo(method, path);
  const start = isCore ? 2 : 3;
  if (parts.length <= start) return plainInfo(method, path);
  const [group, version] = isCore ? ["", parts[1]!] : [parts[1]!, parts[2]!];
  // Clients of old say in the path that they watch, upstream still listens.
  const isWatchPath = parts[start] === "watch" && parts.length > start + 1 && method === "GET";
  const { namespace, resource, subresource, name, rest } = resourceParts(parts.slice(isWatchPath ? start + 1 : start));
  const verb = isWatchPath ? "watch" : collectionVerb(VERBS[method] ?? "", name, query);
  const target = requestTarget({ verb, group, version, resource, subresource });
  return infoOf(target, { isResourceRequest: true, path, namespace, name, rest });
}

const NOTHING = { group: "", version: "", resource: "", subresource: "" };

function plainInfo(method: string, path: string): RequestInfo {
  const target = requestTarget({ verb: method.toLowerCase(), ...NOTHING });
  return infoOf(target, { isResourceRequest: false, path, namespace: "", name: "", rest: "" });
}

function infoOf(
  target: RequestTarget,
  own: Pick<RequestInfo, "isResourceRequest" | "path" | "namespace" | "name" | "rest">,
): RequestInfo {
  // The target's texts rather than the request's own: their hash values are known.
  return {
    isResourceRequest: own.isResourceRequest,
    verb: target.verb,
    path: own.path,
    group: target.group,
    version: target.version,
    namespace: own.namespace,
    resource: target.resource,
    subresource: target.subresource,
    name: own.name,
    rest: own.rest,
    target,
  };
}

/** What stands between slashes, decoded, without what is empty. */
function partsOf(path: string): string[] {
  const parts: string[] = [];
  let start = 0;
  // By hand: to split and then to drop what is empty takes twice as long.
  while (start < path.length) {
    const slash = path.indexOf("/", start);
    const end = slash < 0 ? path.length : slash;
    if (end > start) parts.push(path.slice(start, end));
    start = end + 1;
  }
  return path.includes("%") ? parts.map(decodeURIComponent) : parts;
}

function resourceParts(parts: string[]): Pick<RequestInfo, "namespace" | "resource" | "subresource" | "name" | "rest"> {
  const target = { namespace: "", resource: "", subresource: "", name: "", rest: "" };
  let rest = parts;
  if (rest[0] === "namespaces" && rest.length > 1) {
    target.namespace = rest[1]!;
    const isSubresource = rest[2] === "status" || rest[2] === "finalize";
    if (rest.length > 2 && !(isSubresource && rest.length === 3)) rest = rest.slice(2);
  }
  target.resource = rest[0]!;
  target.name = rest[1] ?? "";
  target.subresource = rest[2] ?? "";
  target.rest = rest.slice(3).join("/");
  return target;
}

function collectionVerb(verb: string, name: string, query: URLSearchParams): string {
  if (query.size === 0) {
    if (name !== "") return verb;
    return verb === "get" ? "list" : verb === "delete" ? "deletecollection" : verb;
  }
  if (verb === "get" && name === "") return isTrue(query.get("watch")) ? "watch" : "list";
  if (verb === "get" && isTrue(query.get("watch"))) return "get";
  if (verb === "delete" && name === "") return "deletecollection";
  return verb;
}

/** How the API reads booleans in a query. */
export function isTrue(value: string | null): boolean {
  return queryFlag(value);
}
