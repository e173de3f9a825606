import { hasSameSpec } from "../../api/core/same-pod-spec.ts";
import type { Container, Pod, PodCondition, PodSpec, PodStatus, Volume } from "../../api/generated/core/v1.ts";
import { createInterner, createListInterner } from "../../base/intern.ts";
import { equalAsJson } from "../status/plain-json.ts";

/** Pods of one workload are alike in nearly all: equal texts and equal parts are kept once. */
const internText = createInterner<string>();
const internPart = createInterner<object>();
const internConditions = createListInterner<PodCondition>();

/** Fields whose parts differ from pod to pod: the volume of the service account's token has a name of its own in each. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["volumeMounts", "containers", "initContainers", "volumes"]);

/**
 * What the kubelet keeps of a pod: all but who manages which field, which is for the API server alone and half of a pod. What it
 * has in common with other pods is shared with them. Pure.
 * @param before what it keeps of the pod's last state: of each pod there are more states than specs
 */
export function keptPod(pod: Pod, before?: Pod): Pod {
  const { managedFields: _, labels, annotations, ownerReferences, ...metadata } = pod.metadata ?? {};
  return {
    ...pod,
    metadata: {
      ...metadata,
      ...(labels && { labels: sharedLike(before?.metadata?.labels, labels) }),
      ...(annotations && { annotations: sharedLike(before?.metadata?.annotations, annotations) }),
      ...(ownerReferences && { ownerReferences: sharedLike(before?.metadata?.ownerReferences, ownerReferences) }),
    },
    ...(pod.spec && { spec: hasSameSpec(pod, before) ? before.spec : keptSpec(pod.spec) }),
    ...(pod.status && { status: keptStatus(pod.status) }),
  };
}

function keptSpec(spec: PodSpec): PodSpec {
  const kept = sharedFields(spec);
  kept.containers = spec.containers.map(keptContainer);
  if (spec.initContainers !== undefined) kept.initContainers = spec.initContainers.map(keptContainer);
  if (spec.volumes !== undefined) kept.volumes = spec.volumes.map((volume): Volume => sharedFields(volume));
  return kept;
}

function keptContainer(container: Container): Container {
  const kept = sharedFields(container);
  if (container.volumeMounts !== undefined)
    kept.volumeMounts = container.volumeMounts.map((each) => sharedFields(each));
  return kept;
}

/** Conditions of pods that start in the same second are the same. */
function keptStatus(status: PodStatus): PodStatus {
  return status.conditions === undefined
    ? status
    : { ...status, conditions: internConditions(status.conditions.map(shared)) };
}

/** A copy whose texts and parts are shared, but for the parts that are its own. */
function sharedFields<T extends object>(value: T): T {
  const copy = { ...value } as Record<string, unknown>;
  for (const key of Object.keys(copy)) {
    const field = copy[key];
    if (typeof field === "string") copy[key] = internText(field);
    else if (typeof field === "object" && field !== null && !OWN_FIELDS.has(key)) copy[key] = internPart(field);
  }
  return copy as T;
}

function sharedLike<T extends object>(before: T | undefined, part: T): T {
  return before !== undefined && equalAsJson(before, part) ? before : shared(part);
}

function shared<T extends object>(part: T): T {
  return internPart(part) as T;
}
