import { type FieldError, forbiddenField } from "../field-error.ts";
import type { Pod, PodSpec } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { podColumns } from "./pod-columns.ts";
import { setPodSpecDefaults } from "./pod-defaults.ts";
import { qualityOfService } from "./pod-quality.ts";
import { validatePodUpdate } from "./pod-update.ts";
import { podWarnings } from "./pod-warnings.ts";
import { validateAnnotationsMatch, validatePodAnnotations, validateTokenAccount } from "./validate-pod-annotations.ts";
import { validatePodSpec } from "./validate-pod-spec.ts";
import { keepPodStatus, validatePodStatusUpdate } from "./validate-pod-status.ts";
import { nameWarnings } from "./workload-warnings.ts";

export const podKind = defineKind<Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  setDefaults(pod) {
    pod.spec ??= { containers: [] };
    setPodSpecDefaults(pod.spec);
    setPodOnlyDefaults(pod.spec);
  },
  prepareForCreate(pod) {
    pod.status = { phase: "Pending", qosClass: qualityOfService(pod.spec!) };
    if ((pod.spec?.schedulingGates ?? []).length > 0) {
      pod.status.conditions = [
        {
          type: "PodScheduled",
          status: "False",
          reason: "SchedulingGated",
          message: "Scheduling is blocked due to non-empty scheduling gates",
        },
      ];
    }
  },
  validate: validatePod,
  validateCreate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  prepareForStatusUpdate: keepPodStatus,
  validateStatusUpdate: validatePodStatusUpdate,
  // Of a pod that is there already, everything has been said.
  warnings: (pod, old) => (old === undefined ? [...nameWarnings(pod.metadata, "Pod"), ...podWarnings(pod, "")] : []),
  columns: podColumns,
  selectableFields: {
    "spec.nodeName": (pod) => pod.spec?.nodeName ?? "",
    // What the field was called long ago.
    "spec.host": (pod) => pod.spec?.nodeName ?? "",
    "spec.restartPolicy": (pod) => pod.spec?.restartPolicy ?? "",
    "spec.schedulerName": (pod) => pod.spec?.schedulerName ?? "",
    "spec.serviceAccountName": (pod) => pod.spec?.serviceAccountName ?? "",
    "spec.hostNetwork": (pod) => String(pod.spec?.hostNetwork === true),
    "status.phase": (pod) => pod.status?.phase ?? "",
    "status.podIP": (pod) => pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? "",
    "status.podIPs": (pod) => pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? "",
    "status.nominatedNodeName": (pod) => pod.status?.nominatedNodeName ?? "",
  },
  gracePeriodSeconds: (pod) => pod.spec?.terminationGracePeriodSeconds ?? 30,
});

/** What is filled in for pods but not for templates. */
function setPodOnlyDefaults(spec: PodSpec): void {
  spec.enableServiceLinks ??= true;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    const { limits } = container.resources ?? {};
    if (limits !== undefined && container.resources !== undefined) {
      container.resources.requests = { ...limits, ...container.resources.requests };
    }
    if (spec.hostNetwork !== true) continue;
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
  }
  const level = spec.resources;
  if (level?.limits !== undefined) level.requests = { ...level.limits, ...level.requests };
}

function validatePod(pod: Pod, old?: Pod): FieldError[] {
  const spec = pod.spec!;
  return [
    ...validatePodAnnotations(pod.metadata?.annotations, spec, "metadata.annotations"),
    ...validatePodSpec(spec, "spec", { isPod: true, podName: pod.metadata?.name ?? "", old: old?.spec }),
    ...validateTokenAccount(spec, "spec"),
  ];
}

/** What only updates and subresources may bring. */
function validatePodCreate(pod: Pod): FieldError[] {
  const errors: FieldError[] = [];
  if ((pod.spec?.ephemeralContainers ?? []).length > 0) {
    errors.push(forbiddenField("spec.ephemeralContainers", "cannot be set on create"));
  }
  if (pod.spec?.nodeName && (pod.spec.schedulingGates ?? []).length > 0) {
    errors.push(forbiddenField("spec.nodeName", "cannot be set until all schedulingGates have been cleared"));
  }
  return [...errors, ...validateAnnotationsMatch(pod)];
}
