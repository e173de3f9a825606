import type { StatefulSet } from "../../api/generated/apps/v1.ts";
import type { PersistentVolumeClaim, Pod } from "../../api/generated/core/v1.ts";
import { persistentVolumeClaims } from "../../api/generated/resources.ts";
import { keyOf, type OwnerReference } from "../../api/meta.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Client } from "../../client/client.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { Informer } from "../../client/informer.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { type ClaimOwner, controllerReference } from "../pod-control/claim.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { claimsFor, podNameFor } from "./identity.ts";

export interface ClaimsDependencies {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly claims: Informer<PersistentVolumeClaim>;
}

/** Makes the claims of the pod of that ordinal that are missing, unless their namespace is on its way out. */
export async function ensureClaims(
  { client, events, claims }: ClaimsDependencies,
  set: StatefulSet,
  ordinal: number,
): Promise<void> {
  const owner = set.metadata?.name;
  const pod = podNameFor(set, ordinal);
  for (const claim of claimsFor(set, ordinal)) {
    if (claims.get(keyOf(claim)) !== undefined) continue;
    const name = claim.metadata?.name;
    try {
      await client.create(persistentVolumeClaims, claim);
    } catch (error) {
      if (isAlreadyExists(error)) continue;
      if (isNamespaceTerminating(error)) return;
      const message = `create Claim ${name} for Pod ${pod} in StatefulSet ${owner} failed error: ${errorMessage(error)}`;
      events.event(set, { type: "Warning", reason: "FailedCreate", message });
      throw error;
    }
    const message = `create Claim ${name} Pod ${pod} in StatefulSet ${owner} success`;
    events.event(set, { type: "Normal", reason: "SuccessfulCreate", message });
  }
}

/** Whether a claim of the pods, whose owners are to be kept in line, has not shown yet: no change of a claim wakes its set. */
export function awaitsClaims(
  { claims }: Pick<ClaimsDependencies, "claims">,
  set: StatefulSet,
  ordinals: readonly number[],
): boolean {
  if (set.spec?.persistentVolumeClaimRetentionPolicy === undefined) return false;
  return ordinals.some((ordinal) => claimsFor(set, ordinal).some((claim) => claims.get(keyOf(claim)) === undefined));
}

export interface RetentionFacts {
  readonly set: StatefulSet;
  readonly owner: ClaimOwner;
  readonly pod: Pod;
  /** The pod is to go because the set was scaled down. */
  readonly condemned: boolean;
}

/**
 * Owners of a claim as persistentVolumeClaimRetentionPolicy wants them: by whose deletion the garbage collector removes it.
 * Owners that are neither the set nor its pod stay. Pure.
 */
export function claimOwners(
  before: readonly OwnerReference[] | undefined,
  { set, owner, pod, condemned }: RetentionFacts,
): OwnerReference[] {
  const policy = set.spec?.persistentVolumeClaimRetentionPolicy;
  const others = (before ?? []).filter((each) => each.uid !== set.metadata?.uid && each.uid !== pod.metadata?.uid);
  if (condemned && policy?.whenScaled === "Delete") {
    return [...others, controllerReference({ apiVersion: "v1", kind: "Pod", metadata: pod.metadata })];
  }
  return policy?.whenDeleted === "Delete" ? [...others, controllerReference(owner)] : others;
}

/** Brings the owners of the pod's claims in line with the policy. */
export async function retainClaims(
  { client, claims }: ClaimsDependencies,
  facts: RetentionFacts,
  ordinal: number,
): Promise<void> {
  if (facts.set.spec?.persistentVolumeClaimRetentionPolicy === undefined) return;
  for (const wanted of claimsFor(facts.set, ordinal)) {
    const claim = claims.get(keyOf(wanted));
    if (claim === undefined) continue;
    const ownerReferences = claimOwners(claim.metadata?.ownerReferences, facts);
    if (semanticEqual(claim.metadata?.ownerReferences, ownerReferences)) continue;
    try {
      await client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, ownerReferences } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
