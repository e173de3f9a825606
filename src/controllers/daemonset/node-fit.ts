import type {
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodSpec,
  Taint,
  Toleration,
} from "../../api/generated/core/v1.ts";

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
  if (!matchesNodeAffinity(spec, node)) return NO_FIT;
  const untolerated = (node.spec?.taints ?? []).filter((taint) => !tolerates(spec?.tolerations, taint));
  if (untolerated.some((taint) => taint.effect === "NoExecute")) return NO_FIT;
  return { shouldRun: !untolerated.some((taint) => taint.effect === "NoSchedule"), shouldContinue: true };
}

function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some((toleration) => {
    if (toleration.effect && toleration.effect !== taint.effect) return false;
    if (toleration.key && toleration.key !== taint.key) return false;
    if (toleration.operator === "Exists") return true;
    const equal = toleration.operator === undefined || toleration.operator === "" || toleration.operator === "Equal";
    return equal && (toleration.value ?? "") === (taint.value ?? "");
  });
}

function matchesNodeAffinity(spec: PodSpec | undefined, node: NodeFacts): boolean {
  const labels = node.metadata?.labels ?? {};
  if (Object.entries(spec?.nodeSelector ?? {}).some(([key, value]) => labels[key] !== value)) return false;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: NodeFacts): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const fields = { "metadata.name": node.metadata?.name ?? "" };
  return (
    matchExpressions.every((requirement) => meets(requirement, node.metadata?.labels ?? {})) &&
    matchFields.every((requirement) => meets(requirement, fields))
  );
}

function meets(
  { key, operator, values = [] }: NodeSelectorRequirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt": {
      const integer = /^[-+]?\d+$/;
      if (value === undefined || values.length !== 1 || !integer.test(value) || !integer.test(values[0]!)) return false;
      const difference = Number(value) - Number(values[0]);
      return operator === "Gt" ? difference > 0 : difference < 0;
    }
    default:
      return false;
  }
}
