import { findCondition } from "../../api/conditions.ts";
import { type HostPort, hostPorts } from "../../api/core/host-ports.ts";
import type {
  NodeAffinity,
  Pod,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
  WeightedPodAffinityTerm,
} from "../../api/generated/core/v1.ts";
import { keyOf, type ObjectMeta, type OwnerReference } from "../../api/meta.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import { createInterner } from "../../base/intern.ts";
import { isResizing, podRequests } from "./pod-requests.ts";
import type { Resources } from "./resources.ts";

/** A PersistentVolumeClaim that the pod uses. */
export interface PodClaim {
  readonly name: string;
  /** Made for this pod alone, by a controller. */
  readonly ephemeral: boolean;
}

/** What selectors look at. Pods of one workload have the same one, where it was seen lately. */
export interface PodKind {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a pod asks for, as its template says: pods of one workload have the same one, where it was seen lately. */
export interface PodNeeds {
  readonly schedulerName: string;
  readonly priority: number;
  readonly preemptionPolicy: string;
  readonly schedulingGates: readonly string[];
  readonly requests: Resources;
  readonly nonZeroRequests: Resources;
  /** Statuses say that containers have other amounts than the spec. */
  readonly isResizing: boolean;
  readonly containerCount: number;
  readonly images: readonly string[];
  readonly hostPorts: readonly HostPort[];
  readonly tolerations: readonly Toleration[];
  readonly nodeSelector: Readonly<Record<string, string>> | undefined;
  readonly nodeAffinity: NodeAffinity | undefined;
  readonly requiredAffinity: readonly PodAffinityTerm[];
  readonly requiredAntiAffinity: readonly PodAffinityTerm[];
  readonly preferredAffinity: readonly WeightedPodAffinityTerm[];
  readonly preferredAntiAffinity: readonly WeightedPodAffinityTerm[];
  readonly spreadConstraints: readonly TopologySpreadConstraint[];
}

/** Everything that scheduling needs to know of a pod, and nothing else: pods by the hundred thousand are kept as these. */
export interface PodFacts {
  readonly key: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number | undefined;
  readonly kind: PodKind;
  readonly needs: PodNeeds;
  readonly owners: readonly OwnerReference[];
  /** Empty until bound. */
  readonly nodeName: string;
  readonly standing: PodStanding;
  /** When it started, or was made as long as it has not: since the epoch; 0 when unknown. */
  readonly sinceSeconds: number;
  readonly claims: readonly PodClaim[];
}

/** How a pod stands: nearly all pods have the same one, where it was seen lately. */
export interface PodStanding {
  readonly nominatedNodeName: string;
  readonly beingDeleted: boolean;
  /** The PodScheduled condition as it stands, to write it only when it changes. */
  readonly scheduled: ScheduledCondition | undefined;
  /** True once the pod is marked as about to be disrupted. */
  readonly disruptionTarget: boolean;
}

export interface ScheduledCondition {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

const NONE: readonly never[] = Object.freeze([]);
const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({});

/** Pods of one workload are alike in most, and come by the thousand. */
const internText = createInterner<string>();
const internKind = createInterner<PodKind>();
const internOwners = createInterner<readonly OwnerReference[]>();
const internNeeds = createInterner<PodNeeds>();
const internStanding = createInterner<PodStanding>();

/**
 * The facts of a pod. Pure.
 *
 * @param before those of the pod's last state: what still holds is not made again, and most changes change nothing here
 */
export function podFacts(pod: Pod, before?: PodFacts): PodFacts {
  const meta = pod.metadata ?? {};
  const known = before !== undefined && before.uid === meta.uid ? before : undefined;
  const facts: PodFacts = {
    key: known?.key ?? keyOf(pod),
    name: known?.name ?? meta.name ?? "",
    uid: known?.uid ?? meta.uid ?? "",
    generation: meta.generation,
    kind: kindOf(meta, known),
    needs: known !== undefined && hasSameNeeds(pod, known) ? known.needs : podNeeds(pod),
    owners: ownersOf(meta, known),
    nodeName: internText(pod.spec?.nodeName ?? ""),
    standing: standingOf(pod, known),
    sinceSeconds: secondsOf(pod.status?.startTime ?? meta.creationTimestamp),
    claims: claimsOf(pod),
  };
  return known !== undefined && saysTheSame(facts, known) ? known : facts;
}

function kindOf({ namespace = "", labels = NO_LABELS }: ObjectMeta, known: PodFacts | undefined): PodKind {
  return known !== undefined && equalJson(labels, known.kind.labels) ? known.kind : internKind({ namespace, labels });
}

function ownersOf({ ownerReferences }: ObjectMeta, known: PodFacts | undefined): readonly OwnerReference[] {
  const owners = ownerReferences ?? NONE;
  return known !== undefined && equalJson(owners, known.owners) ? known.owners : internOwners(owners);
}

/** The spec is what it was, and no status has a say in what the pod holds. */
function hasSameNeeds(pod: Pod, { generation, needs }: PodFacts): boolean {
  if (generation === undefined || pod.metadata?.generation !== generation) return false;
  return !needs.isResizing && !isResizing(pod);
}

function saysTheSame(facts: PodFacts, known: PodFacts): boolean {
  for (const name of Object.keys(facts) as (keyof PodFacts)[]) {
    if (facts[name] !== known[name] && !(name === "claims" && equalJson(facts.claims, known.claims))) return false;
  }
  return true;
}

function podNeeds(pod: Pod): PodNeeds {
  const { spec } = pod;
  const { exact, nonZero } = podRequests(pod);
  const affinity = spec?.affinity;
  const needs: PodNeeds = {
    schedulerName: spec?.schedulerName ?? "default-scheduler",
    priority: spec?.priority ?? 0,
    preemptionPolicy: spec?.preemptionPolicy ?? "PreemptLowerPriority",
    schedulingGates: spec?.schedulingGates?.map((gate) => gate.name) ?? NONE,
    requests: exact,
    nonZeroRequests: nonZero,
    isResizing: isResizing(pod),
    containerCount: (spec?.containers?.length ?? 0) + (spec?.initContainers?.length ?? 0),
    images: imagesOf(pod),
    hostPorts: hostPorts(pod),
    tolerations: spec?.tolerations ?? NONE,
    nodeSelector: spec?.nodeSelector,
    nodeAffinity: affinity?.nodeAffinity,
    requiredAffinity: affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? NONE,
    requiredAntiAffinity: affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? NONE,
    preferredAffinity: affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? NONE,
    preferredAntiAffinity: affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? NONE,
    spreadConstraints: spec?.topologySpreadConstraints ?? NONE,
  };
  // Maps are not JSON: amounts with scalars would look alike.
  return exact.scalars === undefined && nonZero.scalars === undefined ? internNeeds(needs) : needs;
}

/** Whole ones, as they are written, are kept in place; milliseconds would be an object each. */
function secondsOf(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);
}

/** Of its containers, and those that its volumes show. */
function imagesOf({ spec }: Pod): readonly string[] {
  const { initContainers = [], containers = [], volumes = [] } = spec ?? { containers: [] };
  const shown = volumes.flatMap(({ image }) => image?.reference ?? []);
  return [...[...initContainers, ...containers].map(({ image = "" }) => image), ...shown];
}

/** Claims by name; an ephemeral volume's claim is named after the pod and the volume. */
function claimsOf(pod: Pod): readonly PodClaim[] {
  const found: PodClaim[] = [];
  for (const volume of pod.spec?.volumes ?? NONE) {
    const name = volume.persistentVolumeClaim?.claimName;
    if (name !== undefined) found.push({ name, ephemeral: false });
    else if (volume.ephemeral !== undefined)
      found.push({ name: `${pod.metadata?.name}-${volume.name}`, ephemeral: true });
  }
  return found.length === 0 ? NONE : found;
}

function standingOf(pod: Pod, known: PodFacts | undefined): PodStanding {
  const standing: PodStanding = {
    nominatedNodeName: pod.status?.nominatedNodeName ?? "",
    beingDeleted: pod.metadata?.deletionTimestamp !== undefined,
    scheduled: scheduledCondition(pod),
    disruptionTarget: findCondition(pod.status?.conditions, "DisruptionTarget")?.status === "True",
  };
  return known !== undefined && equalJson(standing, known.standing) ? known.standing : internStanding(standing);
}

function scheduledCondition(pod: Pod): ScheduledCondition | undefined {
  const condition = findCondition(pod.status?.conditions, "PodScheduled");
  if (condition === undefined) return undefined;
  const { status, reason = "", message = "" } = condition;
  return { status, reason, message };
}
