import { setCondition } from "../../api/conditions.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import type { ApiObject } from "../../api/meta.ts";
import { badRequest, isConflict, notFound } from "../../api/status.ts";
import { formatTime } from "../../base/clock.ts";
import { objectAnswer } from "../exchange.ts";
import { checkDeleteOptions } from "../handlers/delete-options.ts";
import { writeContext } from "../handlers/environment.ts";
import { placeInNamespace } from "../handlers/place-in-namespace.ts";
import { typedBody } from "../handlers/typed-body.ts";
import type { ObjectReader } from "../reader.ts";
import { admissionAttributes } from "../registry/admit.ts";
import { checkPreconditions, type DeleteOptions, deleteObject } from "../registry/delete.ts";
import type { ServedResource } from "../registry/resource.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import type { WriteContext } from "../registry/strategy.ts";
import { updateObject } from "../registry/update.ts";
import { type Permission, stillProcessing, takeFromBudget } from "./eviction-budget.ts";
import type { Subresource } from "./subresource.ts";

/** Upstream takes the old version here still; fabric8's client sends it. */
const EVICTION = { group: "policy", version: "v1", kind: "Eviction", olderVersions: ["v1beta1"] };

/** How often a pending pod that changes is looked at again. */
const EVICTION_TRIES = 20;

interface Eviction extends ApiObject {
  deleteOptions?: DeleteOptions & { dryRun?: string[] };
}

interface Work {
  readonly resource: ServedResource;
  readonly namespace: string;
  readonly name: string;
  readonly options: DeleteOptions;
  readonly context: WriteContext;
}

/** Deletes a pod unless its PodDisruptionBudget forbids it (registry/core/pod EvictionREST). */
export function evictionSubresource(of: { reader: ObjectReader; table: () => ResourceTable }): Subresource {
  return {
    async create(resource, exchange, environment) {
      const eviction = await typedBody<Eviction>(exchange, EVICTION);
      const { namespace, name } = exchange.info;
      placeInNamespace(resource, eviction, exchange);
      if (eviction.metadata?.name !== name) throw badRequest("name in URL does not match name in Eviction object");
      const { dryRun: dryRuns = [], ...said } = eviction.deleteOptions ?? {};
      const { options, dryRun } = checkDeleteOptions(said, [...exchange.query.getAll("dryRun"), ...dryRuns]);
      const context = writeContext(exchange, environment, dryRun);
      const posted = { operation: "CREATE", subresource: "eviction", object: eviction, namespace, name } as const;
      const attributes = admissionAttributes(resource, context, posted);
      await resource.admission.admit(attributes);
      await resource.admission.validate(attributes);
      await evict(of, { resource, namespace, name, options, context });
      return objectAnswer(
        { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 } as ApiObject,
        { code: 201 },
      );
    },
  };
}

async function evict(of: { reader: ObjectReader; table: () => ResourceTable }, work: Work): Promise<void> {
  const { resource, namespace, name, options, context } = work;
  for (let attempt = 1; ; attempt++) {
    const pod = await of.reader.get(pods, namespace, name);
    if (pod === undefined) throw notFound(resource.schema, name);
    const isGuarded = isRunning(pod);
    const permission: Permission = isGuarded ? await takeFromBudget(of, { pod, context }) : { isUnhealthy: false };
    // Such a pod may become ready, and then it counts.
    const mayChange = permission.isUnhealthy || (!isGuarded && !isOver(pod));
    const asks = options.preconditions?.resourceVersion === undefined;
    try {
      return await remove(mayChange && asks ? { ...work, options: onlyThis(pod, options) } : work);
    } catch (error) {
      if (!isConflict(error) || !mayChange || !asks) throw error;
      if (permission.budget !== undefined) throw stillProcessing(permission.budget);
      if (attempt >= EVICTION_TRIES) throw error;
    }
  }
}

function onlyThis({ metadata }: Pod, options: DeleteOptions): DeleteOptions {
  const { resourceVersion } = metadata ?? {};
  return { ...options, preconditions: { ...options.preconditions, ...(resourceVersion && { resourceVersion }) } };
}

/** Says on the pod why it goes, and deletes it. A version that the client insists on is the one before that note. */
async function remove({ resource, namespace, name, options, context }: Work): Promise<void> {
  let deletion = options;
  if (!context.dryRun) {
    const transform = (current: ApiObject): ApiObject => {
      checkPreconditions(resource, { name, options }, current);
      return withDisruptionTarget(current as Pod, formatTime(context.clock.now()));
    };
    const change = { namespace, name, subresource: "status", transform, admission: "already" } as const;
    const { object } = await updateObject(resource, change, context);
    const { resourceVersion } = object.metadata ?? {};
    const { preconditions } = options;
    if (preconditions?.resourceVersion !== undefined && resourceVersion !== undefined) {
      deletion = { ...options, preconditions: { ...preconditions, resourceVersion } };
    }
  }
  await deleteObject(resource, { namespace, name, options: deletion, admission: "already" }, context);
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
  return pod.status?.phase !== "Pending" && !isOver(pod);
}

/** Nothing can bring it back: its end disrupts nobody any more. */
function isOver({ metadata, status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed" || metadata?.deletionTimestamp !== undefined;
}
