import { hasSameSpec } from "../../api/core/same-pod-spec.ts";
import type {
  Container,
  ContainerPort,
  ContainerStatus,
  Pod,
  PodCondition,
  PodIP,
  PodSpec,
  PodStatus,
} from "../../api/generated/core/v1.ts";
import type { ObjectMeta } from "../../api/meta.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import { createInterner, createListInterner } from "../../base/intern.ts";

/** Annotations that controllers of pods read (deletion-order.ts, job-pods.ts). */
const KEPT_ANNOTATIONS: ReadonlySet<string> = new Set([
  "controller.kubernetes.io/pod-deletion-cost",
  "batch.kubernetes.io/job-completion-index",
  "batch.kubernetes.io/job-index-failure-count",
  "batch.kubernetes.io/job-index-ignored-failure-count",
]);

/** Pods of one workload, and of one node, are alike in what is interned; the rest is their own. */
const internText = createInterner<string>();
const internMap = createInterner<Record<string, string>>();
const internTexts = createInterner<readonly string[]>();
const internOwners = createInterner<NonNullable<ObjectMeta["ownerReferences"]>>();
const internSpec = createInterner<PodSpec>();
const internCondition = createInterner<PodCondition>();
const internConditions = createListInterner<PodCondition>();
const internContainers = createInterner<readonly ContainerStatus[]>();
const internStatus = createInterner<PodStatus>();

/**
 * What controllers keep of a pod, in the shape of a Pod: names and owners, where it runs and can be reached, how it is. Not its
 * containers' settings, nor what people and other programs have noted in its annotations. Pure.
 * @param before what they keep of the pod's last state: of each pod there are more states than specs
 */
export function keptPod({ metadata = {}, spec, status }: Pod, before?: Pod): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: keptMetadata(metadata, before?.metadata),
    spec: hasSameSpec({ metadata, spec }, before) ? before.spec : keptSpec(spec),
    status: keptStatus(status),
  };
}

function keptMetadata(metadata: ObjectMeta, before: ObjectMeta | undefined): ObjectMeta {
  const { namespace, labels, annotations, ownerReferences, finalizers } = metadata;
  const isSame = before !== undefined && before.uid === metadata.uid;
  const kept: ObjectMeta = {
    // Texts of an earlier state, which others keep as well.
    name: isSame ? before.name : metadata.name,
    namespace: namespace === undefined ? undefined : internText(namespace),
    uid: isSame ? before.uid : metadata.uid,
    generation: metadata.generation,
    creationTimestamp: internIfThere(internText, metadata.creationTimestamp),
    labels: equalJson(labels, before?.labels) ? before?.labels : internIfThere(internMap, labels),
    ownerReferences: equalJson(ownerReferences, before?.ownerReferences)
      ? before?.ownerReferences
      : internIfThere(internOwners, ownerReferences),
  };
  // What few pods have takes no room in the others.
  const read = Object.entries(annotations ?? {}).filter(([name]) => KEPT_ANNOTATIONS.has(name));
  if (read.length > 0) kept.annotations = internMap(Object.fromEntries(read));
  if (finalizers !== undefined) kept.finalizers = internTexts(finalizers) as string[];
  if (metadata.deletionTimestamp !== undefined) {
    kept.deletionTimestamp = metadata.deletionTimestamp;
    kept.deletionGracePeriodSeconds = metadata.deletionGracePeriodSeconds;
  }
  return isSame && equalJson(kept, before) ? before : kept;
}

function keptSpec(spec: PodSpec | undefined): PodSpec {
  return internSpec({
    nodeName: spec?.nodeName,
    hostname: spec?.hostname,
    subdomain: spec?.subdomain,
    restartPolicy: spec?.restartPolicy,
    affinity: spec?.affinity?.nodeAffinity && { nodeAffinity: spec.affinity.nodeAffinity },
    tolerations: spec?.tolerations,
    volumes: spec?.volumes?.filter((volume) => volume.persistentVolumeClaim !== undefined),
    containers: (spec?.containers ?? []).map(({ name, ports }) => ({ name, ports: namedPorts(ports) })),
    initContainers: spec?.initContainers?.map(keptInitContainer),
  });
}

function keptInitContainer({ name, restartPolicy, ports }: Container): Container {
  return { name, restartPolicy, ports: namedPorts(ports) };
}

/** Those that a Service can ask for by name. */
function namedPorts(ports: readonly ContainerPort[] | undefined): ContainerPort[] | undefined {
  const named = ports?.filter(({ name }) => name);
  return named === undefined || named.length === 0 ? undefined : named;
}

function keptStatus(status: PodStatus | undefined): PodStatus {
  const conditions =
    status?.conditions &&
    internConditions(
      status.conditions.map(({ type, status: is, lastTransitionTime }) =>
        internCondition({ type, status: is, lastTransitionTime }),
      ),
    );
  // One address is the same in both, and some write only the list.
  const podIP = status?.podIPs?.[0]?.ip || status?.podIP;
  const kept: PodStatus = {
    phase: status?.phase,
    reason: status?.reason,
    podIP,
    podIPs: severalAddresses(status?.podIPs),
    conditions,
    containerStatuses: keptContainers(status?.containerStatuses),
    initContainerStatuses: keptContainers(status?.initContainerStatuses),
  };
  return conditions === undefined && !podIP ? internStatus(kept) : kept;
}

/** An only address is podIP. */
function severalAddresses(addresses: readonly PodIP[] | undefined): PodIP[] | undefined {
  return addresses !== undefined && addresses.length > 1 ? addresses.map(({ ip }) => ({ ip })) : undefined;
}

function keptContainers(statuses: readonly ContainerStatus[] | undefined): ContainerStatus[] | undefined {
  if (statuses === undefined) return undefined;
  const kept = statuses.map(({ name, ready, restartCount, state }) => ({
    name,
    ready,
    restartCount,
    state: state?.terminated && { terminated: state.terminated },
    image: "",
    imageID: "",
  }));
  return internContainers(kept) as ContainerStatus[];
}

function internIfThere<T>(intern: (value: T) => T, value: T | undefined): T | undefined {
  return value === undefined ? undefined : intern(value);
}
