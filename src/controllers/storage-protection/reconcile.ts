import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../api/generated/core/v1.ts";
import {
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  volumeAttributesClasses,
} from "../../api/generated/resources.ts";
import { type ApiObject, joinKey, type ResourceReference, splitKey } from "../../api/meta.ts";
import { isNotFound } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import { type ControllerDependencies, type ControllerFactory, from, type Source } from "../reconciler.ts";
import { claimsInUse, classesInUse, isVolumeInUse } from "./in-use.ts";

interface Protection<T extends ApiObject> {
  readonly name: string;
  readonly resource: ResourceReference<T>;
  readonly finalizer: string;
  /** Who holds objects back: what wakes the controller besides the objects themselves, and whether one is held. */
  holders(dependencies: ControllerDependencies): {
    readonly sources: readonly Source[];
    isHeld(key: string, object: T): boolean;
    /** The same, asked of the API server: for objects that must not go because a cache is behind. */
    isHeldNow?(key: string): Promise<boolean>;
  };
}

/** Takes the finalizer off an object that is being deleted as soon as nobody uses it. */
function protectionController<T extends ApiObject>(protection: Protection<T>): ControllerFactory {
  const { name, resource, finalizer } = protection;
  return (dependencies) => {
    const { client, informers } = dependencies;
    const objects: Informer<T> = informers.informer(resource);
    const { sources, isHeld, isHeldNow } = protection.holders(dependencies);
    return {
      name,
      sources: [from(objects, ({ key, after }) => (isLeaving(after, finalizer) ? [key] : [])), ...sources],
      async reconcile(key) {
        const object = objects.get(key);
        if (object === undefined || !isLeaving(object, finalizer) || isHeld(key, object)) return undefined;
        // Who holds it shows soon, and then lets go.
        if ((await isHeldNow?.(key)) === true) return { requeueAfterMs: LOOK_AGAIN_MS };
        await letGo(client, { resource, object, finalizer });
        return undefined;
      },
    };
  };
}

function isLeaving(object: ApiObject | undefined, finalizer: string): boolean {
  const { deletionTimestamp, finalizers = [] } = object?.metadata ?? {};
  return deletionTimestamp !== undefined && finalizers.includes(finalizer);
}

async function letGo<T extends ApiObject>(
  client: Client,
  { resource, object, finalizer }: { resource: ResourceReference<T>; object: T; finalizer: string },
): Promise<void> {
  const finalizers = object.metadata?.finalizers?.filter((each) => each !== finalizer) ?? [];
  try {
    await client.update(resource, { ...object, metadata: { ...object.metadata, finalizers } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

const LOOK_AGAIN_MS = 1000;
const PAGE = 500;
const NONE: readonly string[] = [];

function claimKeys(pod: Pod): readonly string[] {
  const claims = claimsInUse(pod);
  return claims.length === 0 ? NONE : claims.map((claim) => joinKey(pod.metadata?.namespace, claim));
}

/** Whether a pod of the namespace uses the claim, as they are stored now. */
async function isClaimUsedNow(client: Client, key: string): Promise<boolean> {
  const { namespace } = splitKey(key);
  let from: string | undefined;
  do {
    const { items, metadata } = await client.list(pods, { namespace, limit: PAGE, ...(from && { continue: from }) });
    if (items.some((pod) => claimKeys(pod).includes(key))) return true;
    from = metadata.continue;
  } while (from);
  return false;
}

/** persistentvolumeclaim-protection: a claim stays while a pod on a node uses it. */
export const claimProtectionController = protectionController<PersistentVolumeClaim>({
  name: "persistentvolumeclaim-protection-controller",
  resource: persistentVolumeClaims,
  finalizer: "kubernetes.io/pvc-protection",
  holders({ client, informers }) {
    const users = informers.projected<Pod, readonly string[]>({
      resource: pods,
      project: claimKeys,
      indexes: { claim: (claims) => claims },
    });
    return {
      // Only who lets go matters: a pod that begins to use a claim keeps nobody waiting.
      sources: [from(users, ({ before = [], after = [] }) => before.filter((claim) => !after.includes(claim)))],
      isHeld: (key) => users.by("claim", key).length > 0,
      isHeldNow: (key) => isClaimUsedNow(client, key),
    };
  },
});

/** persistentvolume-protection: a volume stays while it is bound. */
export const volumeProtectionController = protectionController<PersistentVolume>({
  name: "persistentvolume-protection-controller",
  resource: persistentVolumes,
  finalizer: "kubernetes.io/pv-protection",
  holders: () => ({ sources: [], isHeld: (_key, volume) => isVolumeInUse(volume) }),
});

/** volumeattributesclass-protection: a class stays while a claim or a volume has it, or is to have it. */
export const attributesClassProtectionController = protectionController({
  name: "volumeattributesclass-protection-controller",
  resource: volumeAttributesClasses,
  finalizer: "kubernetes.io/vac-protection",
  holders({ informers }) {
    const users = [persistentVolumeClaims, persistentVolumes].map((resource) =>
      informers.projected<PersistentVolumeClaim | PersistentVolume, readonly string[]>({
        resource: resource as ResourceReference<PersistentVolumeClaim | PersistentVolume>,
        project: classesInUse,
        indexes: { class: (classes) => classes },
      }),
    );
    return {
      sources: users.map((each) =>
        from(each, ({ before = [], after = [] }) => before.filter((name) => !after.includes(name))),
      ),
      isHeld: (key) => users.some((each) => each.by("class", key).length > 0),
    };
  },
});
