import { hasSameSpec } from "../../api/core/same-pod-spec.ts";
import type { PersistentVolume, Pod } from "../../api/generated/core/v1.ts";
import {
  persistentVolumes,
  podCertificateRequests,
  pods,
  resourceSlices,
  volumeAttachments,
} from "../../api/generated/resources.ts";
import { joinKey } from "../../api/meta.ts";
import { atOnce } from "../../base/at-once.ts";
import { createInterner } from "../../base/intern.ts";
import type { ObjectReader } from "../reader.ts";
import { isMirror, podReferences, referenceKey } from "./pod-references.ts";
import { volumeSecrets } from "./volume-references.ts";

/** Which node needs which object, by way of the pods that run there. */
export interface NodeGraph {
  /** Whether the pod itself is on the node: looked up when asked, since nothing need be kept of every pod for that. */
  runs(node: string, namespace: string, pod: string): boolean | Promise<boolean>;
  /** Whether a pod on the node refers to the object with this key, itself or through a volume. */
  needs(node: string, key: string): boolean;
  /** Whether a pod on the node claims the persistent volume. */
  needsVolume(node: string, volume: string): boolean;
  /** Whether the object of that name (with its namespace before it, where it has one) says that it is the node's own. */
  owns(node: string, kind: OwnedKind, key: string): boolean;
  close(): void;
}

/** A pod's text of its node's name lives as long as it is kept. */
const internNode = createInterner<string>();

type OwnedKind = "volumeattachments" | "resourceslices" | "podcertificaterequests";

/** Follows pods, volumes, attachments and slices; resolves when all that is there has been read. */
export async function followNodeGraph(reader: ObjectReader): Promise<NodeGraph> {
  const users = new Map<string, Users>();
  const claimOfVolume = new Map<string, string>();
  const volumesOfSecret = new Map<string, Set<string>>();
  const owners = new Map<string, string>();

  const needs = (node: string, key: string): boolean => {
    if (uses(users, node, key)) return true;
    for (const volume of volumesOfSecret.get(key) ?? []) if (needsVolume(node, volume)) return true;
    return false;
  };
  const needsVolume = (node: string, volume: string): boolean => {
    const claim = claimOfVolume.get(volume);
    return claim !== undefined && uses(users, node, claim);
  };
  const setOwner = (kind: OwnedKind, key: string | undefined, node: string | undefined): void => {
    if (node === undefined) owners.delete(`${kind}/${key}`);
    else owners.set(`${kind}/${key}`, node);
  };

  const stops = await Promise.all([
    reader.follow(pods, ({ before, after }) => {
      if (before !== undefined && after !== undefined && refersToTheSame(before, after)) return;
      countPod(users, before, -1);
      countPod(users, after, 1);
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
    runs(node, namespace, name) {
      return atOnce(reader.get(pods, namespace, name), (pod) => isOn(node, pod));
    },
    needs,
    needsVolume,
    owns: (node, kind, key) => owners.get(`${kind}/${key}`) === node,
    close() {
      for (const stop of stops) stop();
    },
  };
}

function isOn(node: string, pod: Pod | undefined): boolean {
  return pod?.spec?.nodeName === node;
}

/** Which nodes' pods refer to an object, and how many of each; of most objects it is one pod on one node, told by its name alone. */
type Users = string | Map<string, number>;

function uses(users: ReadonlyMap<string, Users>, node: string, key: string): boolean {
  const found = users.get(key);
  return typeof found === "string" ? found === node : found?.has(node) === true;
}

/** Most changes of a pod are of its status. */
function refersToTheSame(before: Pod, after: Pod): boolean {
  return (
    hasSameSpec(after, before) &&
    isMirror(before) === isMirror(after) &&
    !namesClaimsInStatus(before) &&
    !namesClaimsInStatus(after)
  );
}

function namesClaimsInStatus({ status }: Pod): boolean {
  return status?.resourceClaimStatuses !== undefined || status?.extendedResourceClaimStatus !== undefined;
}

function countPod(users: Map<string, Users>, pod: Pod | undefined, by: 1 | -1): void {
  const node = pod?.spec?.nodeName;
  if (pod === undefined || node === undefined || node === "") return;
  for (const key of podReferences(pod)) count(users, { key, node, by });
}

function count(users: Map<string, Users>, { key, node, by }: { key: string; node: string; by: 1 | -1 }): void {
  const present = users.get(key);
  if (present === undefined && by > 0) {
    users.set(key, internNode(node));
    return;
  }
  const counts = typeof present === "string" ? new Map([[present, 1]]) : (present ?? new Map<string, number>());
  const left = (counts.get(node) ?? 0) + by;
  if (left > 0) counts.set(node, left);
  else counts.delete(node);
  if (counts.size > 0) users.set(key, counts);
  else users.delete(key);
}
