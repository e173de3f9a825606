import { isConditionTrue, setCondition } from "../../api/conditions.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import type { PodDisruptionBudget } from "../../api/generated/policy/v1.ts";
import { podDisruptionBudgets, pods } from "../../api/generated/resources.ts";
import type { ApiObject } from "../../api/meta.ts";
import { cloneJson } from "../../api/patch/json-value.ts";
import { labelSelectorOf } from "../../api/selectors.ts";
import { failure, internalError } from "../../api/status.ts";
import { formatTime } from "../../base/clock.ts";
import { objectAnswer } from "../exchange.ts";
import { checkDeleteOptions } from "../handlers/delete-options.ts";
import { writeContext } from "../handlers/environment.ts";
import { typedBody } from "../handlers/typed-body.ts";
import type { ObjectReader } from "../reader.ts";
import { admissionAttributes } from "../registry/admit.ts";
import { type DeleteOptions, deleteObject } from "../registry/delete.ts";
import type { ServedResource } from "../registry/resource.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import type { WriteContext } from "../registry/strategy.ts";
import { updateObject } from "../registry/update.ts";
import type { Subresource } from "./subresource.ts";

/** Upstream takes the old version here still; fabric8's client sends it. */
const EVICTION = { group: "policy", version: "v1", kind: "Eviction", olderVersions: ["v1beta1"] };

const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";

interface Eviction extends ApiObject {
  deleteOptions?: DeleteOptions & { dryRun?: string[] };
}

/** Deletes a pod unless its PodDisruptionBudget forbids it (registry/core/pod EvictionREST). */
export function evictionSubresource(options: { reader: ObjectReader; table: () => ResourceTable }): Subresource {
  return {
    async create(resource, exchange, environment) {
      const eviction = await typedBody<Eviction>(exchange, EVICTION);
      const { namespace, name } = exchange.info;
      const { dryRun: dryRuns = [], ...said } = eviction.deleteOptions ?? {};
      const { options: deletion, dryRun } = checkDeleteOptions(said, [...exchange.query.getAll("dryRun"), ...dryRuns]);
      const context = { ...writeContext(exchange, environment), dryRun };
      const posted = { operation: "CREATE", subresource: "eviction", object: eviction, namespace, name } as const;
      const attributes = admissionAttributes(resource, context, posted);
      await resource.admission.admit(attributes);
      await resource.admission.validate(attributes);
      const pod = await options.reader.get(pods, namespace, name);
      if (pod !== undefined && isRunning(pod)) await takeFromBudget(options, { pod, context });
      if (pod !== undefined && pod.metadata?.deletionTimestamp === undefined) {
        const transform = (current: ApiObject): ApiObject =>
          withDisruptionTarget(current as Pod, formatTime(environment.clock.now()));
        const change = { namespace, name, subresource: "status", transform, admission: "already" } as const;
        await updateObject(resource, change, context);
      }
      const target = { namespace, name, options: deletion, admission: "already" } as const;
      await deleteObject(resource, target, context);
      return objectAnswer(
        { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 } as ApiObject,
        { code: 201 },
      );
    },
  };
}

/** The pod with the condition that tells others why it goes. */
function withDisruptionTarget(pod: Pod, time: string): Pod {
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
    ...(pod.metadata?.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  };
  return { ...pod, status: { ...pod.status, conditions: setCondition(pod.status?.conditions, condition, time) } };
}

function isRunning(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return (
    phase !== "Succeeded" && phase !== "Failed" && phase !== "Pending" && pod.metadata?.deletionTimestamp === undefined
  );
}

async function takeFromBudget(
  options: { reader: ObjectReader; table: () => ResourceTable },
  request: { pod: Pod; context: WriteContext },
): Promise<void> {
  const { pod, context } = request;
  const namespace = pod.metadata?.namespace ?? "";
  const budgets = await options.reader.list(podDisruptionBudgets, namespace);
  const mine = budgets.filter((budget) => labelSelectorOf(budget.spec?.selector)(pod.metadata?.labels));
  if (mine.length === 0) return;
  if (mine.length > 1)
    throw internalError(
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    );
  const budgetsResource = options.table().find("policy", "v1", "poddisruptionbudgets") as ServedResource;
  if (!isConditionTrue(pod.status?.conditions, "Ready") && mayGoUnhealthy(mine[0]!)) return;
  await updateObject(
    budgetsResource,
    {
      namespace,
      name: mine[0]!.metadata?.name ?? "",
      subresource: "status",
      admission: "already",
      transform: (current) => charged(current as PodDisruptionBudget, pod, formatTime(context.clock.now())),
    },
    context,
  );
}

/** Pods that are not ready count for nothing: they may go as the budget's unhealthyPodEvictionPolicy says. */
function mayGoUnhealthy({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

/** The budget with one disruption fewer. @throws StatusError TooManyRequests */
function charged(budget: PodDisruptionBudget, pod: Pod, now: string): PodDisruptionBudget {
  const status = budget.status;
  const name = budget.metadata?.name ?? "";
  if ((status?.observedGeneration ?? 0) < (budget.metadata?.generation ?? 0)) {
    const message = `The disruption budget ${name} is still being processed by the server.`;
    throw failure(429, "TooManyRequests", REFUSED, {
      causes: [{ reason: "DisruptionBudget", message }],
      retryAfterSeconds: 10,
    });
  }
  const allowed = status?.disruptionsAllowed ?? 0;
  if (allowed <= 0) {
    const message = `The disruption budget ${name} needs ${status?.desiredHealthy ?? 0} healthy pods and has ${status?.currentHealthy ?? 0} currently`;
    throw failure(429, "TooManyRequests", REFUSED, {
      causes: [{ reason: "DisruptionBudget", message }],
    });
  }
  const draft = cloneJson(budget);
  draft.status = {
    ...draft.status!,
    disruptionsAllowed: allowed - 1,
    disruptedPods: { ...draft.status?.disruptedPods, [pod.metadata?.name ?? ""]: now },
  };
  return draft;
}
