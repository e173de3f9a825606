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
  for (const gated of fields) {
    if (!isSaid(draft, gated) || (old !== undefined && isSaid(old, gated))) continue;
    visitHolders(draft, gated.path, (holder) => {
      dropField(holder, gated);
      return false;
    });
  }
}

function isSaid(object: ApiObject, gated: GatedField): boolean {
  return visitHolders(object, gated.path, (holder) => structIn(holder, gated)?.[gated.field] !== undefined);
}

function structIn(holder: JsonObject, { inside }: GatedField): JsonObject | undefined {
  return inside === undefined ? holder : (holder[inside] as JsonObject | undefined);
}

function dropField(holder: JsonObject, gated: GatedField): void {
  const { inside, field } = gated;
  const struct = structIn(holder, gated);
  if (struct?.[field] === undefined) return;
  delete struct[field];
  if (inside !== undefined && Object.keys(struct).length === 0) delete holder[inside];
}

/** Looks at the structs of that path until it is told true; answers whether it was. Makes nothing: most have no such field. */
function visitHolders(
  value: unknown,
  path: GatedField["path"],
  visit: (holder: JsonObject) => boolean,
  at = 0,
): boolean {
  const step = path[at];
  if (typeof value !== "object" || value === null) return false;
  if (step === undefined) return isJsonObject(value) && visit(value);
  const object = value as JsonObject;
  if (typeof step === "string" && step !== "*") return visitHolders(object[step], path, visit, at + 1);
  if (step !== "*") {
    for (const name of step) if (visitHolders(object[name], path, visit, at + 1)) return true;
    return false;
  }
  if (Array.isArray(value)) return value.some((each) => visitHolders(each, path, visit, at + 1));
  for (const key in object) if (visitHolders(object[key], path, visit, at + 1)) return true;
  return false;
}
