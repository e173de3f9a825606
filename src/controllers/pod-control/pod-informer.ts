import type { ContainerStatus, Pod, PodSpec } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { controllerOf } from "../../api/meta.ts";
import type { Informer, InformerOptions, InformerSet } from "../../client/informer.ts";

/** Keeps a pod until its job has counted its end. */
export const JOB_FINALIZER = "batch.kubernetes.io/job-tracking";

/**
 * What the controllers of pods look at, in the shape of a Pod: names and owners, where it runs, how it is. The bulk of a pod
 * (its containers' settings, managedFields) is not kept.
 */
const podSource: InformerOptions<Pod, Pod> = {
  resource: pods,
  project: trimPod,
  indexes: {
    controller: (pod) => [controllerOf(pod)?.uid ?? ""],
    orphans: (pod) => (controllerOf(pod) === undefined ? [pod.metadata?.namespace ?? ""] : []),
    tracked: (pod) => (pod.metadata?.finalizers?.includes(JOB_FINALIZER) ? [jobKeyOf(pod)] : []),
    node: (pod) => [pod.spec?.nodeName ?? ""],
  },
};

/**
 * The pods, shared by all controllers of an informer set. Indexes: `controller` (uid of the controlling owner), `orphans`
 * (namespace of those without one), `node` (spec.nodeName), `tracked`
 * (the job, namespace/name, whose finalizer holds the pod).
 */
export function podInformer(informers: InformerSet): Informer<Pod> {
  return informers.projected(podSource);
}

/** The job that a pod belongs to, also when its owner reference is gone. */
export function jobKeyOf(pod: Pod): string {
  const owner = controllerOf(pod);
  const name = owner?.kind === "Job" ? owner.name : pod.metadata?.labels?.["batch.kubernetes.io/job-name"];
  return `${pod.metadata?.namespace}/${name ?? ""}`;
}

function trimPod(pod: Pod): Pod {
  const { managedFields: _, ...metadata } = pod.metadata ?? {};
  const { status } = pod;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: trimSpec(pod.spec),
    status: {
      phase: status?.phase,
      reason: status?.reason,
      message: status?.message,
      startTime: status?.startTime,
      conditions: status?.conditions,
      containerStatuses: status?.containerStatuses?.map(trimContainerStatus),
      initContainerStatuses: status?.initContainerStatuses?.map(trimContainerStatus),
    },
  };
}

function trimSpec(spec: PodSpec | undefined): PodSpec {
  return {
    nodeName: spec?.nodeName,
    hostname: spec?.hostname,
    subdomain: spec?.subdomain,
    restartPolicy: spec?.restartPolicy,
    affinity: spec?.affinity?.nodeAffinity && { nodeAffinity: spec.affinity.nodeAffinity },
    volumes: spec?.volumes?.filter((volume) => volume.persistentVolumeClaim !== undefined),
    containers: (spec?.containers ?? []).map(({ name }) => ({ name })),
    initContainers: spec?.initContainers?.map(({ name, restartPolicy }) => ({ name, restartPolicy })),
  };
}

function trimContainerStatus(status: ContainerStatus): ContainerStatus {
  const { name, ready, restartCount, state } = status;
  return { name, ready, restartCount, state, image: "", imageID: "" };
}
