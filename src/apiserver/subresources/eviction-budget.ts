import { findCondition, isConditionTrue, setCondition } from "../../api/conditions.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import type { PodDisruptionBudget } from "../../api/generated/policy/v1.ts";
import { podDisruptionBudgets } from "../../api/generated/resources.ts";
import { cloneJson } from "../../api/patch/json-value.ts";
import { labelSelectorOf } from "../../api/selectors.ts";
import { failure, forbidden, type StatusError } from "../../api/status.ts";
import { formatTime } from "../../base/clock.ts";
import type { ObjectReader } from "../reader.ts";
import type { ServedResource } from "../registry/resource.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import type { WriteContext } from "../registry/strategy.ts";
import { updateObject } from "../registry/update.ts";

const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";
const SEVERAL = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
/** More evictions that the disruption controller has not noticed yet are too many. */
const MOST_DISRUPTED_PODS = 2000;
const BUDGET = { group: "policy", resource: "poddisruptionbudget" };

/** What a budget says about an eviction. */
export interface Permission {
  /** The budget that guards the pod, when there is one. */
  readonly budget?: string;
  /** The pod may go because it is not ready: what has been decided holds for this version of it alone. */
  readonly isUnhealthy: boolean;
}

/**
 * Asks the budget that guards the pod, and takes one disruption from it.
 * @throws StatusError TooManyRequests, Forbidden, InternalError
 */
export async function takeFromBudget(
  of: { reader: ObjectReader; table: () => ResourceTable },
  request: { pod: Pod; context: WriteContext },
): Promise<Permission> {
  const { pod, context } = request;
  const namespace = pod.metadata?.namespace ?? "";
  const budgets = await of.reader.list(podDisruptionBudgets, namespace);
  const [mine, other] = budgets.filter((budget) => labelSelectorOf(budget.spec?.selector)(pod.metadata?.labels));
  if (mine === undefined) return { isUnhealthy: false };
  if (other !== undefined) throw failure(500, "InternalError", SEVERAL);
  const name = mine.metadata?.name ?? "";
  if (!isConditionTrue(pod.status?.conditions, "Ready") && mayGoUnhealthy(mine))
    return { budget: name, isUnhealthy: true };
  const resource = of.table().find("policy", "v1", "poddisruptionbudgets") as ServedResource;
  const transform = (current: PodDisruptionBudget) => charged(current, pod, formatTime(context.clock.now()));
  const change = { namespace, name, subresource: "status", admission: "already", transform } as const;
  await updateObject(resource, change as Parameters<typeof updateObject>[1], context);
  return { budget: name, isUnhealthy: false };
}

/** The budget is not up to date with what is asked of it: the client tries again. */
export function stillProcessing(budget: string): StatusError {
  return refused(`The disruption budget ${budget} is still being processed by the server.`, 10);
}

function refused(message: string, retryAfterSeconds?: number): StatusError {
  return failure(429, "TooManyRequests", REFUSED, {
    causes: [{ reason: "DisruptionBudget", message }],
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}

/** Pods that are not ready count for nothing: they may go as the budget's unhealthyPodEvictionPolicy says. */
function mayGoUnhealthy({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

/** The budget with one disruption fewer. */
function charged(budget: PodDisruptionBudget, pod: Pod, now: string): PodDisruptionBudget {
  const { status } = budget;
  const name = budget.metadata?.name ?? "";
  if ((status?.observedGeneration ?? 0) < (budget.metadata?.generation ?? 0)) throw stillProcessing(name);
  const allowed = status?.disruptionsAllowed ?? 0;
  if (allowed < 0) throw forbidden(BUDGET, name, "pdb disruptions allowed is negative");
  if (Object.keys(status?.disruptedPods ?? {}).length > MOST_DISRUPTED_PODS) {
    const why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
    throw forbidden(BUDGET, name, why);
  }
  if (allowed === 0) throw refused(whyNone(budget));
  const draft = cloneJson(budget);
  draft.status = {
    ...draft.status!,
    disruptionsAllowed: allowed - 1,
    disruptedPods: { ...draft.status?.disruptedPods, [pod.metadata?.name ?? ""]: now },
  };
  if (allowed === 1) {
    const { conditions, observedGeneration } = draft.status;
    const none = { type: "DisruptionAllowed", status: "False", reason: "InsufficientPods", message: "" };
    const condition = { ...none, ...(observedGeneration !== undefined && { observedGeneration }) };
    draft.status.conditions = setCondition(conditions, condition, now);
  }
  return draft;
}

/** What the budget lacks; its counts mean nothing when they could not be made. */
function whyNone({ metadata, status }: PodDisruptionBudget): string {
  const budget = `The disruption budget ${metadata?.name ?? ""}`;
  const condition = findCondition(status?.conditions, "DisruptionAllowed");
  const said = condition?.status === "False" && condition.message ? condition : undefined;
  if (said?.reason === "SyncFailed") {
    return `${budget} does not allow evicting pods currently because it failed sync: ${said.message}`;
  }
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  if (currentHealthy <= desiredHealthy) {
    return `${budget} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  }
  const why = said === undefined ? "" : ` (${said.reason}): ${said.message}`;
  return `${budget} does not allow evicting pods currently${why}`;
}
