import type { KindDefinition } from "./kind.ts";
import type { ApiObject } from "./meta.ts";
import { isJsonObject, type JsonObject } from "./patch/json-value.ts";

/** A field of a feature that 1.36 has switched off: what a client says there is dropped, unless it stood there before. */
interface GatedField {
  /** Where the structs are that have the field; `*` stands for each element of a list and each value of a map. */
  readonly path: readonly string[];
  readonly field: string;
}

const podSpec = (...path: readonly string[]): GatedField => ({ path: [...path, "spec"], field: "schedulingGroup" });
const template = podSpec("spec", "template");

/** By group and kind; upstream's features that default to false (pkg/features and pkg/scheduler/features of 1.36). */
const GATED: Readonly<Record<string, readonly GatedField[]>> = {
  // GenericWorkload
  "/Pod": [podSpec()],
  "/PodTemplate": [podSpec("template")],
  "/ReplicationController": [template],
  "apps/DaemonSet": [template],
  "apps/Deployment": [template],
  "apps/ReplicaSet": [template],
  "apps/StatefulSet": [template],
  "batch/Job": [template],
  "batch/CronJob": [podSpec("spec", "jobTemplate", "spec", "template")],
  // CoordinatedLeaderElection
  "coordination.k8s.io/Lease": ["strategy", "preferredHolder"].map((field) => ({ path: ["spec"], field })),
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

/** DRANodeAllocatableResources */
const GATED_STATUS: Readonly<Record<string, readonly GatedField[]>> = {
  "/Pod": [{ path: ["status"], field: "nodeAllocatableResourceClaimStatuses" }],
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
  for (const { path, field } of fields) {
    const said = holders(draft, path).filter((holder) => holder[field] !== undefined);
    if (said.length === 0) continue;
    if (old !== undefined && holders(old, path).some((holder) => holder[field] !== undefined)) continue;
    for (const holder of said) delete holder[field];
  }
}

function holders(value: unknown, path: readonly string[], at = 0): JsonObject[] {
  const step = path[at];
  if (typeof value !== "object" || value === null) return [];
  if (step === undefined) return isJsonObject(value) ? [value] : [];
  if (step === "*") return Object.values(value).flatMap((each) => holders(each, path, at + 1));
  return holders((value as JsonObject)[step], path, at + 1);
}
