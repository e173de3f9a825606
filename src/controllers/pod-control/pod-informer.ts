import type { Pod } from "../../api/generated/core/v1.ts";
import { pods } from "../../api/generated/resources.ts";
import { controllerOf } from "../../api/meta.ts";
import type { Informer, InformerOptions, InformerSet } from "../../client/informer.ts";
import { keptPod } from "./kept-pod.ts";

/** Keeps a pod until its job has counted its end. */
export const JOB_FINALIZER = "batch.kubernetes.io/job-tracking";

const NONE: readonly string[] = [];

const podSource: InformerOptions<Pod, Pod> = {
  resource: pods,
  project: keptPod,
  indexes: {
    controller: (pod) => {
      const owner = controllerOf(pod);
      return owner === undefined ? NONE : [owner.uid];
    },
    orphans: (pod) => (controllerOf(pod) === undefined ? [pod.metadata?.namespace ?? ""] : NONE),
    tracked: (pod) => (pod.metadata?.finalizers?.includes(JOB_FINALIZER) ? [jobKeyOf(pod)] : NONE),
    node: (pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : NONE),
  },
};

/**
 * The pods, what controllers keep of them (kept-pod.ts), shared by all of an informer set. Indexes: `controller` (uid of the controlling owner), `orphans`
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
