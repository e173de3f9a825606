import type { PersistentVolume, Pod } from "../../api/generated/core/v1.ts";
import {
  persistentVolumes,
  podCertificateRequests,
  pods,
  resourceSlices,
  volumeAttachments,
} from "../../api/generated/resources.ts";
import { joinKey } from "../../api/meta.ts";
import type { ObjectReader } from "../reader.ts";
import { podReferences, referenceKey } from "./pod-references.ts";
import { volumeSecrets } from "./volume-references.ts";

/** Which node needs which object, by way of the pods that run there. */
export interface NodeGraph {
  /** Whether a pod on the node refers to the object with this key, itself or through a volume. */
  needs(node: string, key: string): boolean;
  /** Whether a pod on the node claims the persistent volume. */
  needsVolume(node: string, volume: string): boolean;
  /** Whether the object of that name (with its namespace before it, where it has one) says that it is the node's own. */
  owns(node: string, kind: OwnedKind, key: string): boolean;
  close(): void;
}

type OwnedKind = "volumeattachments" | "resourceslices" | "podcertificaterequests";

/** Follows pods, volumes, attachments and slices; resolves when all that is there has been read. */
export async function followNodeGraph(reader: ObjectReader): Promise<NodeGraph> {
  const counts = new Map<string, Map<string, number>>();
  const claimOfVolume = new Map<string, string>();
  const volumesOfSecret = new Map<string, Set<string>>();
  const owners = new Map<string, string>();

  const needs = (node: string, key: string): boolean => {
    if (counts.get(key)?.has(node)) return true;
    for (const volume of volumesOfSecret.get(key) ?? []) if (needsVolume(node, volume)) return true;
    return false;
  };
  const needsVolume = (node: string, volume: string): boolean => {
    const claim = claimOfVolume.get(volume);
    return claim !== undefined && counts.get(claim)?.has(node) === true;
  };
  const setOwner = (kind: OwnedKind, key: string | undefined, node: string | undefined): void => {
    if (node === undefined) owners.delete(`${kind}/${key}`);
    else owners.set(`${kind}/${key}`, node);
  };

  const stops = await Promise.all([
    reader.follow(pods, ({ before, after }) => {
      countPod(counts, before, -1);
      countPod(counts, after, 1);
    }),
    reader.follow(persistentVolumes, ({ before, after }) => {
      if (before !== undefined) forgetVolume(before);
      if (after !== undefined) rememberVolume(after);
    }),
    reader.follow(volumeAttachments, ({ before, after }) =>
      setOwner("volumeattachments", (after ?? before)?.metadata?.name, after?.spec.nodeName),
    ),
    reader.follow(resourceSlices, ({ before, after }) =>
      setOwner("resourceslices", (after ?? before)?.metadata?.name, after?.spec.nodeName),
    ),
    reader.follow(podCertificateRequests, ({ before, after }) => {
      const { namespace, name = "" } = (after ?? before)?.metadata ?? {};
      setOwner("podcertificaterequests", joinKey(namespace, name), after?.spec.nodeName);
    }),
  ]);

  function rememberVolume(volume: PersistentVolume): void {
    const name = volume.metadata?.name ?? "";
    const claim = volume.spec?.claimRef;
    if (claim?.name) claimOfVolume.set(name, referenceKey("persistentvolumeclaims", claim.namespace ?? "", claim.name));
    for (const secret of volumeSecrets(volume)) {
      volumesOfSecret.set(secret, (volumesOfSecret.get(secret) ?? new Set()).add(name));
    }
  }

  function forgetVolume(volume: PersistentVolume): void {
    const name = volume.metadata?.name ?? "";
    claimOfVolume.delete(name);
    for (const secret of volumeSecrets(volume)) {
      const volumes = volumesOfSecret.get(secret);
      volumes?.delete(name);
      if (volumes?.size === 0) volumesOfSecret.delete(secret);
    }
  }

  return {
    needs,
    needsVolume,
    owns: (node, kind, key) => owners.get(`${kind}/${key}`) === node,
    close() {
      for (const stop of stops) stop();
    },
  };
}

function countPod(counts: Map<string, Map<string, number>>, pod: Pod | undefined, by: 1 | -1): void {
  const node = pod?.spec?.nodeName;
  if (pod === undefined || node === undefined || node === "") return;
  for (const key of podReferences(pod)) {
    const nodes = counts.get(key) ?? new Map<string, number>();
    const count = (nodes.get(node) ?? 0) + by;
    if (count > 0) nodes.set(node, count);
    else nodes.delete(node);
    if (nodes.size > 0) counts.set(key, nodes);
    else counts.delete(key);
  }
}
