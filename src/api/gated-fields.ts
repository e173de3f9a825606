import type { KindDefinition } from "./kind.ts";
import type { ApiObject } from "./meta.ts";
import { isJsonObject, type JsonObject } from "./patch/json-value.ts";

/** A field of a feature that 1.36 has switched off: what a client says there is dropped, unless it stood there before. */
interface GatedField {
  /**
   * Where the structs are that have the field; `*` stands for each element of a list and each value of a map, a list for
   * each of its names.
   */
  readonly path: readonly (string | readonly string[])[];
  readonly field: string;
  /** The struct in which the field stands alone or beside others: what is left empty goes as well. */
  readonly inside?: string;
}

const CONTAINERS = ["initContainers", "containers", "ephemeralContainers"];
const podSpec = (...path: readonly string[]): readonly GatedField[] => [
  // GenericWorkload
  { path: [...path, "spec"], field: "schedulingGroup" },
  // ContainerStopSignals
  { path: [...path, "spec", CONTAINERS, "*"], inside: "lifecycle", field: "stopSignal" },
];
const template = podSpec("spec", "template");
// TopologyAwareWorkloadScheduling, DRAWorkloadResourceClaims, WorkloadAwarePreemption
const podGroup = (...path: readonly string[]): readonly GatedField[] =>
  ["schedulingConstraints", "resourceClaims", "disruptionMode", "priorityClassName", "priority"].map((field) => ({
    path,
    field,
  }));

/** By group and kind; upstream's features that default to false (pkg/features and pkg/scheduler/features of 1.36). */
const GATED: Readonly<Record<string, readonly GatedField[]>> = {
  "/Pod": podSpec(),
  "/PodTemplate": podSpec("template"),
  "/ReplicationController": template,
  "apps/DaemonSet": template,
  "apps/Deployment": template,
  "apps/ReplicaSet": template,
  "apps/StatefulSet": template,
  "batch/Job": template,
  "batch/CronJob": podSpec("spec", "jobTemplate", "spec", "template"),
  // CoordinatedLeaderElection
  "coordination.k8s.io/Lease": ["strategy", "preferredHolder"].map((field) => ({ path: ["spec"], field })),
  "scheduling.k8s.io/PodGroup": podGroup("spec"),
  "scheduling.k8s.io/Workload": podGroup("spec", "podGroupTemplates", "*"),
  // VolumeLimitScaling
  "storage.k8s.io/CSIDriver": [{ path: ["spec"], field: "preventPodSchedulingIfMissing" }],
  "resource.k8s.io/ResourceSlice": [
    // DRANodeAllocatableResources
    { path: ["spec", "devices", "*"], field: "nodeAllocatableResourceMappings" },
    // DRAListTypeAttributes
    ...["ints", "bools", "strings", "versions"].map((field) => ({
      path: ["spec", "devices", "*", "attributes", "*"],
      field,
    })),
  ],
};

const STATUSES = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];
const GATED_STATUS: Readonly<Record<string, readonly GatedField[]>> = {
  "/Pod": [
    // DRANodeAllocatableResources
    { path: ["status"], field: "nodeAllocatableResourceClaimStatuses" },
    // ImageVolumeWithDigest
    { path: ["status", STATUSES, "*", "volumeMounts", "*"], field: "volumeStatus" },
  ],
  // DRAWorkloadResourceClaims
  "scheduling.k8s.io/PodGroup": [{ path: ["status"], field: "resourceClaimStatuses" }],
};

/** The kind, for which fields of features that are off count as not said. */
export function withoutGatedFields(kind: KindDefinition): KindDefinition {
  const name = `${kind.group}/${kind.kind}`;
  const [fields, ofStatus] = [GATED[name], GATED_STATUS[name]];
  const { prepareForCreate, prepareForUpdate, prepareForStatusUpdate } = kind;
  return {
    ...kind,
    ...(fields && {
      prepareForCreate(draft) {
        drop(fields, draft);
        prepareForCreate?.(draft);
      },
      prepareForUpdate(draft, old) {
        drop(fields, draft, old);
        prepareForUpdate?.(draft, old);
      },
    }),
    ...(ofStatus && {
      prepareForStatusUpdate(draft, old) {
        drop(ofStatus, draft, old);
        prepareForStatusUpdate?.(draft, old);
      },
    }),
  };
}

function drop(fields: readonly GatedField[], draft: ApiObject, old?: ApiObject): void {
  for (const { path, field, inside } of fields) {
    const struct = (holder: JsonObject): JsonObject => (inside === undefined ? holder : (holder[inside] as JsonObject));
    const said = (object: ApiObject): JsonObject[] =>
      holders(object, path).filter((holder) => struct(holder)?.[field] !== undefined);
    const found = said(draft);
    if (found.length === 0 || (old !== undefined && said(old).length > 0)) continue;
    for (const holder of found) {
      delete struct(holder)[field];
      if (inside !== undefined && Object.keys(struct(holder)).length === 0) delete holder[inside];
    }
  }
}

function holders(value: unknown, path: GatedField["path"], at = 0): JsonObject[] {
  const step = path[at];
  if (typeof value !== "object" || value === null) return [];
  if (step === undefined) return isJsonObject(value) ? [value] : [];
  if (step === "*") return Object.values(value).flatMap((each) => holders(each, path, at + 1));
  const names = typeof step === "string" ? [step] : step;
  return names.flatMap((name) => holders((value as JsonObject)[name], path, at + 1));
}
