import type { APIService } from "../../api/generated/apiregistration.k8s.io/v1.ts";
import { jsonOf, type RemoteAnswer } from "./ask-remote.ts";
import { type DiscoveredResource, type RemoteDiscovery, remoteResources } from "./remote-resources.ts";

const AGGREGATED = ["v2", "v2beta1"]
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(",");

/** Asks with that Accept header. */
export type Ask = (path: string, accept: string) => Promise<RemoteAnswer>;

/**
 * Asks a server for everything that it serves; one that does not know how to tell that is asked for this group and version alone
 * (upstream: discoveryManager of kube-aggregator). Rejects when neither can be read.
 * @param path of the group and version
 */
export async function discoverRemote(service: APIService, path: string, ask: Ask): Promise<RemoteDiscovery> {
  const whole = await ask("/apis", AGGREGATED);
  if (whole.code === 503) throw new Error("its discovery is not available");
  if (whole.code === 200 && isAggregated(whole.contentType)) return { told: toldOf(jsonOf(whole.body), service) };
  const plain = await ask(path, "application/json");
  const resources = plain.code === 200 ? remoteResources(jsonOf(plain.body), service) : undefined;
  if (resources === undefined) throw new Error(`${path} is no list of resources`);
  return { resources };
}

const isAggregated = (contentType: string): boolean =>
  /;\s*g=apidiscovery\.k8s\.io(;|$)/.test(contentType) && /;\s*as=APIGroupDiscoveryList(;|$)/.test(contentType);

/** A version that the server does not tell of has no resources. */
function toldOf(body: unknown, { spec }: APIService): DiscoveredResource[] {
  const { group = "", version = "" } = spec ?? {};
  const groups = listOf(body, "items");
  const own = groups.filter(({ metadata }) => ((metadata as { name?: unknown } | undefined)?.name ?? "") === group);
  const found = own.flatMap((each) => listOf(each, "versions")).find((each) => each.version === version);
  return listOf(found, "resources").map((each) => ({
    ...withKind(each),
    ...(each.subresources !== undefined && { subresources: listOf(each, "subresources").map(withKind) }),
  }));
}

type Json = Readonly<Record<string, unknown>>;

function listOf(value: unknown, key: string): Json[] {
  const list = typeof value === "object" && value !== null ? (value as Json)[key] : undefined;
  return Array.isArray(list) ? list.filter((each) => typeof each === "object" && each !== null) : [];
}

/** Old clients stumble over what has no kind. */
function withKind(told: Json): DiscoveredResource {
  return { ...told, responseKind: told.responseKind ?? { group: "", version: "", kind: "" } };
}
