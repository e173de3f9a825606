import { matchesAnyTerm } from "../../api/core/node-selector.ts";
import { persistentVolumeClaims } from "../../api/generated/resources.ts";
import { joinKey } from "../../api/meta.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Client } from "../../client/client.ts";
import type { NodeInfo } from "../cache/node-info.ts";
import type { PodClaim, PodFacts } from "../facts/pod-facts.ts";
import type { StorageClassFacts, VolumeFacts, VolumeInformers } from "../facts/volume-facts.ts";
import type { FilterPlugin, PreBindPlugin, PreFilterPlugin, QueueingHintPlugin, Rejection } from "../framework.ts";
import { Action, onNode } from "../queue/cluster-event.ts";

/** For so long a volume may be in the making before the pod looks for another node. */
const BIND_TIMEOUT_MS = 600_000;
const SELECTED_NODE = "volume.kubernetes.io/selected-node";

const NODE_CONFLICT: Rejection = {
  reasons: ["node(s) didn't match PersistentVolume's node affinity"],
  unresolvable: true,
};
const BIND_CONFLICT: Rejection = {
  reasons: ["node(s) didn't find available persistent volumes to bind"],
  unresolvable: true,
};

interface ClaimState {
  /** Volumes that the pod's claims are bound to. */
  readonly bound: readonly VolumeFacts[];
  /** Classes of claims that get their volume once the node is known. */
  readonly waiting: readonly StorageClassFacts[];
}

export interface VolumeBindingOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly volumes: VolumeInformers;
}

/**
 * Sends pods where their volumes are. Claims that wait for their pod are told its node, and binding the pod waits until
 * they have their volume.
 */
export function volumeBinding(
  options: VolumeBindingOptions,
): PreFilterPlugin<ClaimState> & FilterPlugin<ClaimState> & PreBindPlugin & QueueingHintPlugin {
  const { client, clock, volumes } = options;
  const waitingClaims = (pod: PodFacts): string[] =>
    pod.claims
      .map(({ name }) => joinKey(pod.kind.namespace, name))
      .filter((key) => volumes.claims.get(key)?.bound !== true);

  return {
    name: "VolumeBinding",
    retryOn: [{ on: "volume", actions: ~0 }, onNode(Action.add | Action.updateNodeLabel)],
    preFilter(pod) {
      if (pod.claims.length === 0) return { skip: true };
      const bound: VolumeFacts[] = [];
      const waiting: StorageClassFacts[] = [];
      for (const claim of pod.claims) {
        const found = lookAt(pod, claim, volumes);
        if ("reasons" in found) return { rejection: found };
        if ("nodeTerms" in found) bound.push(found);
        else waiting.push(found);
      }
      return { state: { bound, waiting } };
    },
    filter(_pod, node, { bound, waiting }) {
      for (const { nodeTerms } of bound) {
        if (nodeTerms !== undefined && !matchesAnyTerm(nodeTerms, node.facts)) return NODE_CONFLICT;
      }
      return waiting.every((storageClass) => canProvision(storageClass, node)) ? undefined : BIND_CONFLICT;
    },
    hasWork: (pod) => waitingClaims(pod).length > 0,
    async preBind(pod, nodeName, signal) {
      const claims = waitingClaims(pod);
      if (claims.length === 0) return undefined;
      for (const key of claims) {
        const name = key.slice(pod.kind.namespace.length + 1);
        const body = { metadata: { annotations: { [SELECTED_NODE]: nodeName } } };
        await client.patch(persistentVolumeClaims, { namespace: pod.kind.namespace, name }, { type: "merge", body });
      }
      const done = await allBound(() => waitingClaims(pod).length === 0, { clock, volumes, signal });
      return done ? undefined : { reasons: ["timed out waiting for the condition"] };
    },
  };
}

/** What a claim asks of nodes, or why its pod cannot go anywhere. */
function lookAt(
  pod: PodFacts,
  { name, ephemeral }: PodClaim,
  { claims, volumes, classes }: VolumeInformers,
): Rejection | VolumeFacts | StorageClassFacts {
  const hopeless = (reason: string): Rejection => ({ reasons: [reason], unresolvable: true });
  const claim = claims.get(joinKey(pod.kind.namespace, name));
  if (claim === undefined) {
    return hopeless(
      ephemeral
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
        : `persistentvolumeclaim "${name}" not found`,
    );
  }
  if (claim.phase === "Lost") {
    return hopeless(`persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.volumeName}"`);
  }
  if (claim.beingDeleted) return hopeless(`persistentvolumeclaim "${name}" is being deleted`);
  if (claim.bound) {
    const volume = volumes.get(claim.volumeName);
    return volume ?? hopeless(`persistentvolume "${claim.volumeName}" not found`);
  }
  const storageClass = claim.storageClass === "" ? undefined : classes.get(claim.storageClass);
  if (storageClass?.waitsForPod !== true) return hopeless("pod has unbound immediate PersistentVolumeClaims");
  return storageClass;
}

/** True when a volume of the class can be made for the node. Volumes made beforehand are bound by their own controller. */
function canProvision({ provisions, topologies }: StorageClassFacts, node: NodeInfo): boolean {
  if (!provisions) return false;
  if (topologies.length === 0) return true;
  const { labels } = node.facts;
  return topologies.some((term) => term.every(({ key, values }) => values.includes(labels[key] ?? "")));
}

/** Waits until the condition holds, looking whenever a claim changes; false when that takes too long. */
async function allBound(
  condition: () => boolean,
  { clock, volumes, signal }: { clock: Clock; volumes: VolumeInformers; signal: AbortSignal },
): Promise<boolean> {
  const finished = new AbortController();
  const finish = (): void => finished.abort();
  signal.addEventListener("abort", finish);
  const stop = volumes.claims.subscribe(() => {
    if (condition()) finish();
  });
  try {
    await sleep(clock, BIND_TIMEOUT_MS, finished.signal);
    return condition();
  } finally {
    stop();
    signal.removeEventListener("abort", finish);
  }
}
