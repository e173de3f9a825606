import { hasSameSpec } from "../../api/core/same-pod-spec.ts";
import type {
  Container,
  ContainerStatus,
  Pod,
  PodCondition,
  PodSpec,
  PodStatus,
  Volume,
} from "../../api/generated/core/v1.ts";
import type { ObjectMeta } from "../../api/meta.ts";
import { createInterner, createListInterner } from "../../base/intern.ts";
import { equalAsJson } from "../status/plain-json.ts";

/** Pods of one workload are alike in nearly all: equal texts and equal parts are kept once. */
const internText = createInterner<string>();
const internPart = createInterner<object>();
const internConditions = createListInterner<PodCondition>();

/**
 * Fields that differ from pod to pod, or whose parts do: the volume of the service account's token has a name of its own in each,
 * which the mounts of it name.
 */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...["volumeMounts", "containers", "initContainers", "volumes", "podIP", "podIPs", "containerID"],
  ...["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"],
]);

/**
 * What the kubelet keeps of a pod: all but who manages which field, which is for the API server alone and half of a pod. What it
 * has in common with other pods is shared with them. Pure.
 * @param before what it keeps of the pod's last state: of each pod there are more states than specs
 */
export function keptPod(pod: Pod, before?: Pod): Pod {
  const spec = pod.spec && (hasSameSpec(pod, before) ? before.spec : keptSpec(pod.spec));
  return {
    ...pod,
    metadata: keptMetadata(pod.metadata ?? {}, before?.metadata),
    ...(spec && { spec }),
    ...(pod.status && { status: keptStatus(pod.status, before?.status, spec) }),
  };
}

function keptMetadata(metadata: ObjectMeta, before?: ObjectMeta): ObjectMeta {
  const { managedFields: _, ...kept } = metadata;
  const { labels, annotations, ownerReferences, namespace, creationTimestamp } = kept;
  // What was kept of its last state names its containers and sandbox, too.
  if (before !== undefined && before.uid === kept.uid && before.name === kept.name) {
    kept.name = before.name;
    kept.uid = before.uid;
  }
  if (namespace !== undefined) kept.namespace = internText(namespace);
  if (creationTimestamp !== undefined) kept.creationTimestamp = internText(creationTimestamp);
  if (labels !== undefined) kept.labels = sharedLike(before?.labels, labels);
  if (annotations !== undefined) kept.annotations = sharedLike(before?.annotations, annotations);
  if (ownerReferences !== undefined) kept.ownerReferences = sharedLike(before?.ownerReferences, ownerReferences);
  return kept;
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

/** Conditions of pods that start in the same second are the same, as is most of what their containers are. */
function keptStatus(status: PodStatus, before: PodStatus | undefined, spec: PodSpec | undefined): PodStatus {
  if (before !== undefined && equalAsJson(before, status)) return before;
  const kept = sharedFields(status);
  const { conditions, podIP, podIPs } = status;
  if (conditions !== undefined) kept.conditions = internConditions(conditions.map(shared));
  if (podIPs !== undefined) kept.podIPs = podIPs.map(({ ip }) => ({ ip: ip === podIP ? podIP : ip }));
  for (const list of CONTAINER_LISTS) {
    const statuses = status[list];
    if (statuses !== undefined) kept[list] = statuses.map((each) => keptContainerStatus(each, spec));
  }
  return kept;
}

const CONTAINER_LISTS = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] as const;

function keptContainerStatus(status: ContainerStatus, spec: PodSpec | undefined): ContainerStatus {
  const kept = sharedFields(status);
  const volumes = spec?.volumes ?? [];
  if (status.volumeMounts !== undefined)
    kept.volumeMounts = status.volumeMounts.map((mount) => ({
      ...sharedFields(mount),
      name: volumes.find(({ name }) => name === mount.name)?.name ?? mount.name,
    }));
  return kept;
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
