import type { AnyObject } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Client, collectionPath } from "../../client/client.ts";
import { found } from "../../client/found.ts";
import { type DiscoveredResource, discoverResources } from "../discovery.ts";
import { type Pass, type Remaining, remainingCount } from "./plan.ts";

const PAGE = 500;
/** Resources that are listed but hold nothing of their own: events of events.k8s.io are the core group's. */
const VIRTUAL = new Set(["bindings", "localsubjectaccessreviews.authorization.k8s.io", "events.events.k8s.io"]);

/**
 * Deletes everything in a namespace: pods first, and the rest once they are gone, so that what protects or serves pods
 * outlives them (KEP-5080). Never rejects for a single resource: what went wrong is in the result.
 */
export async function deleteContent(client: Client, namespace: string): Promise<Pass> {
  const { resources, failures } = await discoverResources(client);
  const deletable = resources.filter(isDeletable);
  const isPods = (resource: DiscoveredResource): boolean => resource.group === "" && resource.resource === "pods";
  const pods = await deleteAll(client, namespace, deletable.filter(isPods));
  if (pods.remaining.length > 0 || pods.deletionFailures.length > 0) return { ...pods, discoveryFailures: failures };
  const others = await deleteAll(
    client,
    namespace,
    deletable.filter((resource) => !isPods(resource)),
  );
  return { ...others, discoveryFailures: failures };
}

function isDeletable(resource: DiscoveredResource): boolean {
  const id = resource.group === "" ? resource.resource : `${resource.resource}.${resource.group}`;
  return (
    resource.namespaced && resource.verbs.includes("delete") && resource.verbs.includes("list") && !VIRTUAL.has(id)
  );
}

async function deleteAll(
  client: Client,
  namespace: string,
  resources: readonly DiscoveredResource[],
): Promise<Pick<Pass, "remaining" | "deletionFailures">> {
  const remaining: Remaining[] = [];
  const deletionFailures: string[] = [];
  for (const resource of resources) {
    try {
      const left = await deleteResource(client, namespace, resource);
      if (left !== undefined) remaining.push(left);
    } catch (error) {
      deletionFailures.push(`${resource.resource}.${resource.group}: ${errorMessage(error)}`);
    }
  }
  return { remaining, deletionFailures };
}

async function deleteResource(
  client: Client,
  namespace: string,
  resource: DiscoveredResource,
): Promise<Remaining | undefined> {
  const isThere = { any: false, unasked: false };
  for await (const objects of pages(client, namespace, resource)) {
    isThere.any ||= objects.length > 0;
    isThere.unasked ||= objects.some(isUnasked);
    if (isThere.unasked) break;
  }
  if (!isThere.any) return undefined;
  if (isThere.unasked) await deleteObjects(client, namespace, resource);
  const left = remainingCount(resource);
  for await (const objects of pages(client, namespace, resource)) for (const object of objects) left.add(object);
  return left.total();
}

/** Not asked to go yet. */
function isUnasked({ metadata }: AnyObject): boolean {
  return metadata?.deletionTimestamp === undefined;
}

/** All objects of the namespace, some at a time: there may be very many. */
async function* pages(
  client: Client,
  namespace: string,
  resource: DiscoveredResource,
): AsyncGenerator<readonly AnyObject[]> {
  let from: string | undefined;
  do {
    const page = await found(client.list(resource, { namespace, limit: PAGE, ...(from && { continue: from }) }));
    // The resource went away between discovery and now: so did its objects.
    if (page === undefined) return;
    yield page.items;
    from = page.metadata.continue;
  } while (from);
}

async function deleteObjects(client: Client, namespace: string, resource: DiscoveredResource): Promise<void> {
  if (resource.verbs.includes("deletecollection")) {
    try {
      const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background" };
      await client.transport.request({ method: "DELETE", path: collectionPath(resource, namespace), body });
      return;
    } catch (error) {
      if (!(error instanceof StatusError) || (error.code !== 405 && error.code !== 404)) throw error;
    }
  }
  for await (const objects of pages(client, namespace, resource)) {
    for (const { metadata } of objects.filter(isUnasked)) {
      const target = { namespace, name: metadata?.name ?? "" };
      await found(client.delete(resource, target, { propagationPolicy: "Background" }));
    }
  }
}
