import type { Pod } from "../../api/generated/core/v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "../../api/generated/policy/v1.ts";
import { podDisruptionBudgets } from "../../api/generated/resources.ts";
import { isBeingDeleted } from "../../api/meta.ts";
import { formatLabelSelector, labelSelectorOf } from "../../api/selectors.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { podInformer } from "../pod-control/pod-informer.ts";
import { type Controller, type ControllerDependencies, from, type ReconcileResult, restAfter } from "../reconciler.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { wantedInNamespace } from "../wanted-in-namespace.ts";
import { expectedScaleOf, NoControllerError } from "./expected-scale.ts";
import { expectation, failSafe, needsScale, planStatus, stillDisrupted } from "./plan.ts";
import { resetStale, staleInMs } from "./stale.ts";

const RECOUNT_MS = 1000;
/** Before the keys of pods; all other keys are those of budgets. */
const POD = "pod:";

/**
 * Keeps the status of PodDisruptionBudgets: how many pods the eviction API may take away now. And pods that were to be
 * disrupted and were not say so no longer.
 */
export function disruptionController(dependencies: ControllerDependencies): Controller {
  const { client, informers, events, clock } = dependencies;
  const budgets = informers.informer(podDisruptionBudgets);
  const allPods = podInformer(informers);
  const expectedScale = expectedScaleOf({ client, informers });

  /** The budgets of a pod as it was and as it is: it may have left one by changing its labels. */
  function* budgetsOf(pod: Pod | undefined): Iterable<string> {
    if (pod === undefined) return;
    const { namespace = "", labels } = pod.metadata ?? {};
    for (const { metadata, spec } of budgets.list(namespace)) {
      if (labelSelectorOf(spec?.selector)(labels)) yield `${namespace}/${metadata?.name}`;
    }
  }

  async function reconcile(key: string): Promise<ReconcileResult> {
    if (key.startsWith(POD)) return await reconcilePod(key.slice(POD.length));
    const budget = budgets.get(key);
    if (budget === undefined || isBeingDeleted(budget)) return undefined;
    try {
      return await count(budget);
    } catch (error) {
      if (isConflict(error)) throw error;
      const message = errorMessage(error);
      events.event(budget, {
        type: "Warning",
        reason: "CalculateExpectedPodCountFailed",
        message: `Failed to calculate the number of expected pods: ${message}`,
      });
      await write(budget, failSafe(budget, message, clock.now()));
      if (error instanceof NoControllerError) return { requeueAfterMs: RECOUNT_MS };
      throw error;
    }
  }

  async function reconcilePod(key: string): Promise<ReconcileResult> {
    const pod = allPods.get(key);
    const waitMs = pod === undefined ? undefined : staleInMs(pod, clock.now());
    if (waitMs === undefined) return undefined;
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    await resetStale(key, { client, clock });
    return undefined;
  }

  async function count(budget: PodDisruptionBudget): Promise<ReconcileResult> {
    const matches = labelSelectorOf(budget.spec?.selector);
    const { items: mine, looks } = await wantedInNamespace(allPods, budget.metadata?.namespace ?? "", {
      clock,
      wants: (pod) => matches(pod.metadata?.labels),
    });
    if (mine.length === 0)
      events.event(budget, { type: "Normal", reason: "NoPods", message: "No matching pods found" });
    const { replicas, unmanaged } = needsScale(budget) ? await expectedScale(mine) : { replicas: 0, unmanaged: [] };
    if (unmanaged.length > 0) tellUnmanaged(budget);
    const nowMs = clock.now();
    const disrupted = stillDisrupted(budget, mine, nowMs);
    for (const pod of disrupted.overdue) {
      const { namespace, name } = budget.metadata ?? {};
      const message = `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`;
      events.event(pod, { type: "Warning", reason: "NotDeleted", message });
    }
    const expected = expectation(budget, mine.length, replicas);
    await write(budget, planStatus(budget, { pods: mine, disrupted, expectation: expected, nowMs }));
    return { requeueAfterMs: disrupted.recheckMs, restMs: restAfter(looks) };
  }

  function tellUnmanaged(budget: PodDisruptionBudget): void {
    const selector = formatLabelSelector(budget.spec?.selector);
    events.event(budget, {
      type: "Warning",
      reason: "UnmanagedPods",
      message: `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
    });
  }

  async function write(budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus): Promise<void> {
    if (semanticEqual(budget.status, status)) return;
    try {
      await client.update(podDisruptionBudgets, { ...budget, status }, { subresource: "status" });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  return {
    name: "disruption-controller",
    sources: [
      from(budgets, ({ key, after }) => (after === undefined ? [] : [key])),
      from(allPods, ({ before, after }) => new Set([...budgetsOf(before), ...budgetsOf(after)])),
      from(allPods, ({ key, after }) =>
        after !== undefined && staleInMs(after, clock.now()) !== undefined ? [`${POD}${key}`] : [],
      ),
    ],
    reconcile,
  };
}
