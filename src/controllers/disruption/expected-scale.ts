import type { Pod } from "../../api/generated/core/v1.ts";
import { deployments, replicaSets, replicationControllers, statefulSets } from "../../api/generated/resources.ts";
import { type ApiObject, controllerOf, joinKey, type OwnerReference, parseApiVersion } from "../../api/meta.ts";
import { isNotFound } from "../../api/status.ts";
import { type Client, objectPath } from "../../client/client.ts";
import type { Informer, InformerSet } from "../../client/informer.ts";
import { discoverResources } from "../discovery.ts";

/** The controller of a pod is not there: not yet in the cache, or deleted before its pods. Both pass by themselves. */
export class NoControllerError extends Error {
  constructor(pod: string) {
    super(`found no controllers for pod "${pod}"`);
  }
}

export interface ExpectedScale {
  /** What the controllers of the pods want altogether. */
  readonly replicas: number;
  /** Names of pods that nobody controls: they are not counted. */
  readonly unmanaged: readonly string[];
}

type Replicated = ApiObject & { spec?: { replicas?: number } };

interface Scaled {
  readonly uid: string;
  readonly replicas: number;
}

/** Counts what the controllers of pods want. The function rejects when a controller cannot be asked. */
export function expectedScaleOf(from: { client: Client; informers: InformerSet }) {
  const { informers } = from;
  const sets = informers.informer(replicaSets);
  const builtIn: Readonly<Record<string, Informer<Replicated>>> = {
    Deployment: informers.informer(deployments),
    ReplicaSet: sets,
    ReplicationController: informers.informer(replicationControllers),
    StatefulSet: informers.informer(statefulSets),
  };

  async function scaleOf(owner: OwnerReference, namespace: string): Promise<Scaled | undefined> {
    const set = owner.kind === "ReplicaSet" ? sets.get(joinKey(namespace, owner.name)) : undefined;
    // A Deployment counts as a whole, also while it replaces one ReplicaSet by another.
    const above = set?.metadata?.uid === owner.uid && set !== undefined ? controllerOf(set) : undefined;
    if (above !== undefined) return scaleOf(above, namespace);
    const informer = builtIn[owner.kind];
    if (informer === undefined) return scaleByApi(owner, namespace);
    const object = informer.get(joinKey(namespace, owner.name));
    if (object?.metadata?.uid !== owner.uid) return undefined;
    return { uid: owner.uid, replicas: object.spec?.replicas ?? 1 };
  }

  async function scaleByApi(owner: OwnerReference, namespace: string): Promise<Scaled | undefined> {
    const { group } = parseApiVersion(owner.apiVersion);
    const { resources } = await discoverResources(from.client);
    const resource = resources.find((each) => each.group === group && each.kind === owner.kind);
    if (resource === undefined) return undefined;
    try {
      const path = objectPath(resource, { namespace, name: owner.name }, "scale");
      const scale = (await from.client.transport.request({ method: "GET", path })) as Replicated;
      if (scale.metadata?.uid !== undefined && scale.metadata.uid !== owner.uid) return undefined;
      return { uid: owner.uid, replicas: scale.spec?.replicas ?? 0 };
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new Error(`${resource.resource}.${resource.group} does not implement the scale subresource`);
    }
  }

  return async (pods: readonly Pod[]): Promise<ExpectedScale> => {
    const replicas = new Map<string, number>();
    const unmanaged: string[] = [];
    for (const pod of pods) {
      const { name = "", namespace = "" } = pod.metadata ?? {};
      const owner = controllerOf(pod);
      if (owner === undefined) {
        unmanaged.push(name);
        continue;
      }
      if (replicas.has(owner.uid)) continue;
      const scaled = await scaleOf(owner, namespace);
      if (scaled === undefined) throw new NoControllerError(name);
      replicas.set(scaled.uid, scaled.replicas);
    }
    return { replicas: [...replicas.values()].reduce((sum, each) => sum + each, 0), unmanaged };
  };
}
