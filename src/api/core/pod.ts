import { joined } from "../../base/joined.ts";
import { type FieldError, forbiddenField } from "../field-error.ts";
import type { Pod, PodSpec } from "../generated/core/v1.ts";
import { defineKind, type Likeness } from "../kind.ts";
import { equalJson } from "../patch/json-value.ts";
import { formatQuantity } from "../quantity.ts";
import { podColumnFields, podColumns, podRowConditions } from "./pod-columns.ts";
import { setPodSpecDefaults } from "./pod-defaults.ts";
import { mergeLabelKeys } from "./pod-label-keys.ts";
import { qualityOfService } from "./pod-quality.ts";
import { aggregateContainers, isPodLevelResource } from "./pod-requests.ts";
import { validatePodUpdate } from "./pod-update.ts";
import { podStatusWarnings, podWarnings } from "./pod-warnings.ts";
import { validateImages } from "./validate-container.ts";
import {
  APP_ARMOR,
  appArmorProfileOf,
  MIRROR_POD,
  namesProfiles,
  validateAnnotationsMatch,
  validatePodAnnotations,
  validateTokenAccount,
} from "./validate-pod-annotations.ts";
import { validatePodSpec } from "./validate-pod-spec.ts";
import { keepPodStatus, validatePodStatusUpdate } from "./validate-pod-status.ts";
import { isOvercommitAllowed } from "./validate-resources.ts";
import { containersOf } from "./validate-windows.ts";
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
    takeAppArmorAnnotations(pod);
    mergeLabelKeys(pod);
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
  preparesAnyName: true,
  // Old kubelets spoil owner references (upstream: podStatusStrategy).
  statusKeeps: ["deletionTimestamp", "ownerReferences"],
  validate: validatePod,
  validateCreate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  prepareForStatusUpdate: keepPodStatus,
  validateStatusUpdate: validatePodStatusUpdate,
  // Of a pod that is there already, everything has been said.
  warnings: (pod, old) => (old === undefined ? joined(nameWarnings(pod.metadata, "Pod"), podWarnings(pod, "")) : []),
  statusWarnings: podStatusWarnings,
  likeness: podLikeness,
  columns: podColumns,
  columnFields: podColumnFields,
  rowConditions: podRowConditions,
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

/** The volume of the service account's token, as admission names it: the random part is made of what every name may have. */
const TOKEN_VOLUME = /^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/;

function podLikeness({ metadata, spec }: Pod): Likeness | undefined {
  const volumes = spec?.volumes ?? [];
  // The claim of such a volume is named after the pod.
  if (volumes.some(({ ephemeral }) => ephemeral !== undefined)) return undefined;
  const ownName = volumes.find(({ name }) => TOKEN_VOLUME.test(name))?.name;
  return { metadata: JSON.stringify([metadata?.annotations, nameWarnings(metadata, "Pod")]), ownName };
}

/** What is filled in for pods but not for templates. */
function setPodOnlyDefaults(spec: PodSpec): void {
  spec.enableServiceLinks ??= true;
  for (const container of joined(spec.initContainers ?? [], spec.containers ?? [])) {
    const { limits } = container.resources ?? {};
    if (limits !== undefined && container.resources !== undefined) {
      container.resources.requests = { ...limits, ...container.resources.requests };
    }
    if (spec.hostNetwork !== true) continue;
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
  }
  setPodResourceDefaults(spec);
}

/** What a pod as a whole asks for: what its containers ask for together, else what it is limited to. */
function setPodResourceDefaults(spec: PodSpec): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const limits = { ...resources.limits };
  for (const [name, quantity] of aggregateContainers(spec, "limits")) {
    if (name.startsWith("hugepages-")) limits[name] ??= formatQuantity(quantity);
  }
  const requests = { ...resources.requests };
  for (const [name, quantity] of aggregateContainers(spec, "requests")) {
    if (isPodLevelResource(name) && isOvercommitAllowed(name)) requests[name] ??= formatQuantity(quantity);
  }
  for (const [name, limit] of Object.entries(limits)) if (isPodLevelResource(name)) requests[name] ??= limit;
  if (Object.keys(limits).length > 0) resources.limits = limits;
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

/** Profiles that old clients name in annotations become fields, where there is none. */
function takeAppArmorAnnotations({ metadata, spec }: Pod): void {
  if (spec === undefined || spec.os?.name === "windows" || !namesProfiles(metadata?.annotations ?? {})) return;
  const wide = spec.securityContext?.appArmorProfile;
  for (const { container } of containersOf(spec, "")) {
    const text = metadata?.annotations?.[`${APP_ARMOR}${container.name}`];
    const profile = text === undefined ? undefined : appArmorProfileOf(text);
    if (profile === undefined || container.securityContext?.appArmorProfile !== undefined) continue;
    if (equalJson(profile, wide ?? null)) continue;
    container.securityContext = { ...container.securityContext, appArmorProfile: profile };
  }
}

function validatePod(pod: Pod, old?: Pod): FieldError[] {
  const spec = pod.spec!;
  const isStatic = pod.metadata?.annotations?.[MIRROR_POD] !== undefined;
  return joined(
    validatePodAnnotations(pod.metadata?.annotations, spec, "metadata.annotations"),
    validatePodSpec(spec, "spec", { isPod: true, isStatic, podName: pod.metadata?.name ?? "", old: old?.spec }),
    validateTokenAccount(spec, "spec"),
    validateImages(spec.containers, "spec.containers"),
    validateImages(spec.initContainers, "spec.initContainers"),
  );
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
  return joined(errors, validateAnnotationsMatch(pod.metadata?.annotations, pod.spec!, "spec"));
}
