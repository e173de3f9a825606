import { matchesRequiredAffinity } from "../../api/core/node-selector.ts";
import { tolerates } from "../../api/core/tolerations.ts";
import type { Node, PodSpec, Taint } from "../../api/generated/core/v1.ts";

/** What counts of a node when one asks whether a daemon belongs on it. */
export type NodeFacts = Pick<Node, "metadata" | "spec">;

export interface Fit {
  /** A pod is to be there. */
  readonly shouldRun: boolean;
  /** A pod that is there already may stay. */
  readonly shouldContinue: boolean;
}

const NO_FIT: Fit = { shouldRun: false, shouldContinue: false };

/** Whether a pod of that spec, with the daemons' tolerations in it, belongs on the node (upstream NodeShouldRunDaemonPod). Pure. */
export function fitOf(spec: PodSpec | undefined, node: NodeFacts): Fit {
  if (spec?.nodeName && spec.nodeName !== node.metadata?.name) return NO_FIT;
  const { nodeSelector, affinity, tolerations = [] } = spec ?? {};
  const { name = "", labels = {} } = node.metadata ?? {};
  if (!matchesRequiredAffinity({ nodeSelector, nodeAffinity: affinity?.nodeAffinity }, { name, labels })) return NO_FIT;
  const isTolerated = (taint: Taint): boolean => tolerations.some((toleration) => tolerates(toleration, taint));
  const untolerated = (node.spec?.taints ?? []).filter((taint) => !isTolerated(taint));
  if (untolerated.some((taint) => taint.effect === "NoExecute")) return NO_FIT;
  return { shouldRun: !untolerated.some((taint) => taint.effect === "NoSchedule"), shouldContinue: true };
}
