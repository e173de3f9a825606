import type { NodeInfo } from "../cache/node-info.ts";
import type { PodFacts } from "../facts/pod-facts.ts";
import type { FilterFailure, Rejection } from "../framework.ts";

/** A budget of disruptions, as far as preemption cares. */
export interface DisruptionBudget {
  readonly namespace: string;
  readonly allowed: number;
  /** Pods whose disruption the budget counts already. */
  readonly disrupted: ReadonlySet<string>;
  matches(labels: Readonly<Record<string, string>>): boolean;
}

/** Pods that would have to go from a node, most important first, and how many budgets that would break. */
export interface Victims {
  readonly node: NodeInfo;
  readonly pods: readonly PodFacts[];
  readonly violations: number;
}

/** More important first: higher priority, then longer running. */
function byImportance(a: PodFacts, b: PodFacts): number {
  if (a.needs.priority !== b.needs.priority) return b.needs.priority - a.needs.priority;
  return a.sinceSeconds - b.sinceSeconds || (a.uid < b.uid ? -1 : 1);
}

/**
 * The smallest sensible set of less important pods whose going makes room on the node: all are taken away, then given back
 * one by one, most important and protected first, as long as the pod still fits.
 */
export function selectVictims(
  pod: PodFacts,
  node: NodeInfo,
  options: { trial: FilterFailure["trial"]; budgets: readonly DisruptionBudget[] },
): Victims | Rejection {
  const candidates = [...node.pods.values()]
    .filter((other) => other.needs.priority < pod.needs.priority)
    .sort(byImportance);
  if (candidates.length === 0) return { reasons: ["No preemption victims found for incoming pod"], unresolvable: true };
  const trial = options.trial(node);
  for (const candidate of candidates) trial.remove(candidate);
  const rejection = trial.check();
  if (rejection !== undefined) return rejection;
  const { violating, others } = splitByBudget(candidates, options.budgets);
  const victims = new Set(candidates);
  let violations = 0;
  const giveBack = (candidate: PodFacts): boolean => {
    trial.add(candidate);
    if (trial.check() === undefined) {
      victims.delete(candidate);
      return true;
    }
    trial.remove(candidate);
    return false;
  };
  for (const candidate of violating) if (!giveBack(candidate)) violations++;
  for (const candidate of others) giveBack(candidate);
  return { node, pods: [...victims].sort(byImportance), violations };
}

/** Parts the pods into those whose going would break a budget and the others, each in the order given. */
function splitByBudget(
  pods: readonly PodFacts[],
  budgets: readonly DisruptionBudget[],
): { violating: PodFacts[]; others: PodFacts[] } {
  const left = budgets.map(({ allowed }) => allowed);
  const violating: PodFacts[] = [];
  const others: PodFacts[] = [];
  for (const pod of pods) {
    let violates = false;
    budgets.forEach((budget, index) => {
      if (Object.keys(pod.kind.labels).length === 0 || budget.namespace !== pod.kind.namespace) return;
      if (!budget.matches(pod.kind.labels) || budget.disrupted.has(pod.name)) return;
      left[index]!--;
      if (left[index]! < 0) violates = true;
    });
    (violates ? violating : others).push(pod);
  }
  return { violating, others };
}

/** The node whose pods are missed least. */
export function pickNode(candidates: readonly Victims[]): Victims | undefined {
  const measures: ((victims: Victims) => number)[] = [
    ({ violations }) => violations,
    ({ pods }) => pods[0]?.needs.priority ?? Number.NEGATIVE_INFINITY,
    ({ pods }) => pods.reduce((sum, { needs }) => sum + needs.priority + 2 ** 31, 0),
    ({ pods }) => pods.length,
    (victims) => -earliestStart(victims),
  ];
  let left = candidates;
  for (const measure of measures) {
    if (left.length <= 1) break;
    const values = left.map(measure);
    const least = Math.min(...values);
    left = left.filter((_, index) => values[index] === least);
  }
  return left[0];
}

/** When the longest running of the most important victims began. */
function earliestStart({ pods }: Victims): number {
  const highest = pods[0]?.needs.priority;
  return Math.min(...pods.filter(({ needs }) => needs.priority === highest).map((pod) => pod.sinceSeconds));
}
