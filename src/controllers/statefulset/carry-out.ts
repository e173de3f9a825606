import type { StatefulSet } from "../../api/generated/apps/v1.ts";
import type { PersistentVolumeClaim, Pod } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { Informer } from "../../client/informer.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import type { ClaimOwner } from "../pod-control/claim.ts";
import { slowStart } from "../pod-control/slow-start.ts";
import { ensureClaims, retainClaims } from "./claims.ts";
import { identityLabels, ordinalOf, podFor, type Revision } from "./identity.ts";
import { arrange, type StatefulFacts, type StatefulPlan } from "./plan.ts";

interface Dependencies {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly claims: Informer<PersistentVolumeClaim>;
}

interface Work {
  readonly facts: StatefulFacts;
  readonly owner: ClaimOwner;
  readonly plan: StatefulPlan;
}

/** Does what the plan says; answers the first failure instead of throwing it, so that the status is written in any case. */
export async function carryOut(dependencies: Dependencies, { facts, owner, plan }: Work): Promise<unknown> {
  const { set } = facts;
  for (const event of plan.events) dependencies.events.event(set, event);
  try {
    await retainAll(dependencies, facts, owner);
    for (const ordinal of plan.ensureClaims) await ensureClaims(dependencies, set, ordinal);
    for (const pod of plan.relabel) await relabel(dependencies.client, set, pod);
    const { error } = await slowStart(plan.create.length, (index) =>
      create(dependencies, { set, owner, ...plan.create[index]! }),
    );
    if (error !== undefined) return error;
    const results = await Promise.allSettled(plan.delete.map((pod) => remove(dependencies, set, pod)));
    return results.find((result) => result.status === "rejected")?.reason;
  } catch (error) {
    return error;
  }
}

async function retainAll(dependencies: Dependencies, facts: StatefulFacts, owner: ClaimOwner): Promise<void> {
  const { set } = facts;
  const { replicas, condemned } = arrange(facts);
  for (const pod of [...replicas, ...condemned]) {
    const ordinal = pod === undefined ? undefined : ordinalOf(set, pod);
    if (pod === undefined || ordinal === undefined) continue;
    await retainClaims(dependencies, { set, owner, pod, condemned: condemned.includes(pod) }, ordinal);
  }
}

interface Creation {
  readonly set: StatefulSet;
  readonly owner: ClaimOwner;
  readonly ordinal: number;
  readonly revision: Revision;
}

async function create(dependencies: Dependencies, { set, owner, ordinal, revision }: Creation): Promise<void> {
  const pod = podFor(set, ordinal, { revision, owner });
  await ensureClaims(dependencies, set, ordinal);
  try {
    await dependencies.client.create(pods, pod);
  } catch (error) {
    if (isNamespaceTerminating(error)) return;
    if (!isAlreadyExists(error)) tell(dependencies, { set, pod, verb: "create", error });
    throw error;
  }
  tell(dependencies, { set, pod, verb: "create" });
}

async function remove(dependencies: Dependencies, set: StatefulSet, pod: Pod): Promise<void> {
  const { namespace, name = "", uid } = pod.metadata ?? {};
  try {
    await dependencies.client.delete(pods, { namespace, name }, { preconditions: { uid } });
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return;
    tell(dependencies, { set, pod, verb: "delete", error });
    throw error;
  }
  tell(dependencies, { set, pod, verb: "delete" });
}

async function relabel(client: Client, set: StatefulSet, pod: Pod): Promise<void> {
  const { namespace, name = "", uid } = pod.metadata ?? {};
  const body = { metadata: { uid, labels: identityLabels(set, ordinalOf(set, pod)!) } };
  await client.patch(pods, { namespace, name }, { type: "merge", body });
}

function tell(
  { events }: Dependencies,
  { set, pod, verb, error }: { set: StatefulSet; pod: Pod; verb: "create" | "delete"; error?: unknown },
): void {
  const what = verb === "create" ? "Create" : "Delete";
  const text = `${verb} Pod ${pod.metadata?.name} in StatefulSet ${set.metadata?.name}`;
  if (error === undefined) {
    events.event(set, { type: "Normal", reason: `Successful${what}`, message: `${text} successful` });
  } else {
    events.event(set, {
      type: "Warning",
      reason: `Failed${what}`,
      message: `${text} failed error: ${errorMessage(error)}`,
    });
  }
}
