import type { ControllerRevision, DaemonSet } from "../../api/generated/apps/v1.ts";
import type { Node, Pod } from "../../api/generated/core/v1.ts";
import { nodes } from "../../api/generated/resources.ts";
import { type ApiObject, controllerOf, joinKey, keyOf } from "../../api/meta.ts";
import { labelSelectorOf } from "../../api/selectors.ts";
import type { Change, Informer, InformerOptions, InformerSet } from "../../client/informer.ts";
import { semanticEqual } from "../semantic-equal.ts";
import type { NodeFacts } from "./node-fit.ts";
import { fitsOf } from "./plan.ts";

/** Names, labels and taints: a node's heartbeats are of no interest here. */
const nodeSource: InformerOptions<Node, NodeFacts> = {
  resource: nodes,
  project: ({ metadata, spec }) => ({
    metadata: { name: metadata?.name, labels: metadata?.labels },
    spec: { taints: spec?.taints },
  }),
};

export function nodeInformer(informers: InformerSet): Informer<NodeFacts> {
  return informers.projected(nodeSource);
}

/** Keys of the sets for which the node has become another place. */
export function setsForNode(sets: Informer<DaemonSet>, { before, after }: Change<NodeFacts>): string[] {
  if (semanticEqual(before, after)) return [];
  const concerned = (set: DaemonSet): boolean => {
    if (before === undefined || after === undefined) return true;
    const [then] = fitsOf(set, [before]).values();
    const [now] = fitsOf(set, [after]).values();
    return !semanticEqual(then, now);
  };
  return sets.list().filter(concerned).map(keyOf);
}

/** Keys of the sets that own the pod or revision, before or after, or that would adopt it. */
export function setsForOwned(
  sets: Informer<DaemonSet>,
  { before, after }: Change<Pod | ControllerRevision>,
): Set<string> {
  const keys = new Set<string>();
  for (const object of [before, after] as (ApiObject | undefined)[]) {
    const owner = object === undefined ? undefined : controllerOf(object);
    if (owner?.kind === "DaemonSet") keys.add(joinKey(object?.metadata?.namespace, owner.name));
  }
  if (after !== undefined && controllerOf(after) === undefined) {
    for (const set of sets.list(after.metadata?.namespace)) {
      if (labelSelectorOf(set.spec?.selector)(after.metadata?.labels)) keys.add(keyOf(set));
    }
  }
  return keys;
}
