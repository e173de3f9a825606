import type { TopologySpreadConstraint } from "../../api/generated/core/v1.ts";
import { replicaSets, replicationControllers, services, statefulSets } from "../../api/generated/resources.ts";
import { type ApiObject, joinKey, type ResourceReference } from "../../api/meta.ts";
import { type LabelSelectorLike, matchesMap } from "../../api/selectors.ts";
import type { Informer, InformerSet } from "../../client/informer.ts";
import type { PodFacts } from "../facts/pod-facts.ts";

/** What pods without constraints of their own get: a wish to be spread over nodes and zones. */
const DEFAULTS = [
  { topologyKey: "kubernetes.io/hostname", maxSkew: 3 },
  { topologyKey: "topology.kubernetes.io/zone", maxSkew: 5 },
];

type Selectors = Informer<LabelSelectorLike | undefined>;

/**
 * Finds the constraints that a pod without any is taken to have: it is spread among the pods of its Services and of its
 * owner. None for a pod that belongs to nothing.
 */
export function defaultConstraints(set: InformerSet): (pod: PodFacts) => readonly TopologySpreadConstraint[] {
  const serviceInformer = set.projected({
    resource: services,
    project: (service) => ({ namespace: service.metadata?.namespace ?? "", selector: service.spec?.selector }),
  });
  const selectorsOf = <T extends ApiObject>(
    resource: ResourceReference<T>,
    project: (object: T) => LabelSelectorLike | undefined,
  ): Selectors => set.projected({ resource, project });
  const owners: Readonly<Record<string, Selectors>> = {
    ReplicaSet: selectorsOf(replicaSets, (object) => object.spec?.selector),
    StatefulSet: selectorsOf(statefulSets, (object) => object.spec?.selector),
    ReplicationController: selectorsOf(replicationControllers, (object) => ({
      matchLabels: object.spec?.selector ?? {},
    })),
  };
  return (pod) => {
    const selector = selectorFor(pod, serviceInformer, owners);
    if (selector === undefined) return [];
    return DEFAULTS.map((each) => ({ ...each, whenUnsatisfiable: "ScheduleAnyway", labelSelector: selector }));
  };
}

/** What the pod has in common with its kind: the labels that select it. */
function selectorFor(
  pod: PodFacts,
  serviceInformer: Informer<{ namespace: string; selector: Record<string, string> | undefined }>,
  owners: Readonly<Record<string, Selectors>>,
): TopologySpreadConstraint["labelSelector"] {
  const matchLabels: Record<string, string> = {};
  for (const { selector } of serviceInformer.list(pod.kind.namespace)) {
    if (selector !== undefined && Object.keys(selector).length > 0 && matchesMap(selector, pod.kind.labels)) {
      Object.assign(matchLabels, selector);
    }
  }
  const owner = pod.owners.find((each) => each.controller === true);
  const owned = owner === undefined ? undefined : owners[owner.kind]?.get(joinKey(pod.kind.namespace, owner.name));
  Object.assign(matchLabels, owned?.matchLabels);
  const matchExpressions = (owned?.matchExpressions ?? []).map(({ key, operator, values }) => ({
    key,
    operator,
    ...(values === undefined ? {} : { values: [...values] }),
  }));
  if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) return undefined;
  return { matchLabels, matchExpressions };
}
