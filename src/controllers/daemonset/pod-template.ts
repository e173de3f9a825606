import type { DaemonSet } from "../../api/generated/apps/v1.ts";
import type { Affinity, Pod, PodSpec, PodTemplateSpec, Toleration } from "../../api/generated/core/v1.ts";
import { REVISION_HASH_LABEL } from "../history/history.ts";

const TEMPLATE_GENERATION_ANNOTATION = "deprecated.daemonset.template.generation";
const TEMPLATE_GENERATION_LABEL = "pod-template-generation";

const TOLERATED: readonly (readonly [key: string, effect: string])[] = [
  ["node.kubernetes.io/not-ready", "NoExecute"],
  ["node.kubernetes.io/unreachable", "NoExecute"],
  ["node.kubernetes.io/disk-pressure", "NoSchedule"],
  ["node.kubernetes.io/memory-pressure", "NoSchedule"],
  ["node.kubernetes.io/pid-pressure", "NoSchedule"],
  ["node.kubernetes.io/unschedulable", "NoSchedule"],
];

/** The spec with what daemons tolerate: they stay on nodes that are in trouble. Pure. */
export function withDaemonTolerations(spec: PodSpec | undefined): PodSpec {
  const wanted = spec?.hostNetwork
    ? [...TOLERATED, ["node.kubernetes.io/network-unavailable", "NoSchedule"] as const]
    : TOLERATED;
  const tolerations: Toleration[] = [...(spec?.tolerations ?? [])];
  for (const [key, effect] of wanted) {
    const there = tolerations.some(
      (each) => each.key === key && each.effect === effect && each.operator === "Exists" && !each.value,
    );
    if (!there) tolerations.push({ key, operator: "Exists", effect });
  }
  return { containers: [], ...spec, tolerations };
}

/** The set's template for a pod on that node, which the scheduler then binds there. Pure. */
export function templateForNode(set: DaemonSet, nodeName: string, hash: string): PodTemplateSpec {
  const template = set.spec!.template;
  const spec = withDaemonTolerations(template.spec);
  const generation = templateGeneration(set);
  return {
    metadata: {
      ...template.metadata,
      labels: {
        ...template.metadata?.labels,
        ...(generation === undefined ? {} : { [TEMPLATE_GENERATION_LABEL]: generation }),
        [REVISION_HASH_LABEL]: hash,
      },
    },
    spec: { ...spec, affinity: pinnedTo(nodeName, spec.affinity) },
  };
}

/** A required node affinity by the node's name replaces the template's own, which the node is known to meet. */
function pinnedTo(nodeName: string, affinity: Affinity | undefined): Affinity {
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [nodeName] }] }],
      },
    },
  };
}

/** The node that a daemon's pod is on, or is meant for as long as it is not scheduled. */
export function targetNode(pod: Pod): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const term of required?.nodeSelectorTerms ?? []) {
    const field = term.matchFields?.find((each) => each.key === "metadata.name" && each.operator === "In");
    if (field?.values?.length === 1) return field.values[0];
  }
  return undefined;
}

function templateGeneration(set: DaemonSet): string | undefined {
  return set.metadata?.annotations?.[TEMPLATE_GENERATION_ANNOTATION];
}

/** True when the pod is of the set's present template. */
export function isPodUpdated(set: DaemonSet, pod: Pod, hash: string): boolean {
  const labels = pod.metadata?.labels ?? {};
  const generation = templateGeneration(set);
  return (
    labels[REVISION_HASH_LABEL] === hash ||
    (generation !== undefined && labels[TEMPLATE_GENERATION_LABEL] === generation)
  );
}
