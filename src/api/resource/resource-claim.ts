import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import type {
  DeviceClass,
  ResourceClaim,
  ResourceClaimSpec,
  ResourceClaimTemplate,
  ResourceSlice,
} from "../generated/resource.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { defineKind, type KindDefinition } from "../kind.ts";
import { immutable } from "../object-meta.ts";
import { validateClaimSpec, validateClaimStatus, validateSelectors } from "./validate-claim.ts";
import { validateSliceSpec } from "./validate-slice.ts";

const GROUP = "resource.k8s.io";

function setClaimDefaults(spec: ResourceClaimSpec | undefined): void {
  for (const request of spec?.devices?.requests ?? []) {
    for (const each of [request.exactly, ...(request.firstAvailable ?? [])]) {
      if (each === undefined) continue;
      each.allocationMode ||= "ExactCount";
      if (each.allocationMode === "ExactCount") each.count ||= 1;
      for (const toleration of each.tolerations ?? []) toleration.operator ||= "Equal";
    }
  }
}

function claimState({ metadata, status }: ResourceClaim): string {
  const states: string[] = [];
  const deleted = metadata?.deletionTimestamp !== undefined;
  if (deleted) states.push("deleted");
  if (status?.allocation === undefined) {
    if (!deleted) states.push("pending");
  } else {
    states.push("allocated");
    if ((status.reservedFor ?? []).length > 0) states.push("reserved");
  }
  return states.join(",");
}

/** The kinds of dynamic resource allocation in the version that has them stable. */
export const resourceKinds: readonly KindDefinition[] = [
  defineKind<ResourceClaim>({
    group: GROUP,
    version: "v1",
    kind: "ResourceClaim",
    withoutGeneration: true,
    setDefaults: ({ spec }) => setClaimDefaults(spec),
    prepareForCreate(claim) {
      claim.status = {};
    },
    validate: ({ spec }) => validateClaimSpec(spec, "spec"),
    validateStatusUpdate: validateClaimStatus,
    validateUpdate: (claim, old) => immutable(claim.spec, old.spec, "spec"),
    columns: [
      nameColumn,
      textColumn<ResourceClaim>(
        "State",
        "A summary of the current state (allocated, pending, reserved, etc.).",
        claimState,
      ),
      ageColumn,
    ],
  }),
  defineKind<ResourceClaimTemplate>({
    group: GROUP,
    version: "v1",
    kind: "ResourceClaimTemplate",
    setDefaults: ({ spec }) => setClaimDefaults(spec?.spec),
    validate: ({ spec }) => validateClaimSpec(spec?.spec, "spec.spec"),
    validateUpdate: (template, old) => immutable(template.spec, old.spec, "spec"),
    columns: [nameColumn, ageColumn],
  }),
  defineKind<DeviceClass>({
    group: GROUP,
    version: "v1",
    kind: "DeviceClass",
    prepareForCreate: startGeneration,
    prepareForUpdate: countGeneration,
    validate: ({ spec }) => validateSelectors(spec?.selectors, "spec.selectors"),
    columns: [nameColumn, ageColumn],
  }),
  defineKind<ResourceSlice>({
    group: GROUP,
    version: "v1",
    kind: "ResourceSlice",
    prepareForCreate: startGeneration,
    prepareForUpdate: countGeneration,
    validate: ({ spec }) => validateSliceSpec(spec, "spec"),
    validateUpdate: ({ spec }, old) => [
      ...immutable(spec?.driver, old.spec?.driver, "spec.driver"),
      ...immutable(spec?.pool?.name, old.spec?.pool?.name, "spec.pool.name"),
      ...immutable(spec?.nodeName, old.spec?.nodeName, "spec.nodeName"),
    ],
    columns: [
      nameColumn,
      textColumn<ResourceSlice>(
        "Node",
        "The node which provides the resources in this pool.",
        ({ spec }) => spec?.nodeName ?? "",
      ),
      textColumn<ResourceSlice>(
        "Driver",
        "The name of the DRA driver providing the capacity information.",
        ({ spec }) => spec?.driver ?? "",
      ),
      textColumn<ResourceSlice>("Pool", "The name of the pool.", ({ spec }) => spec?.pool?.name ?? ""),
      ageColumn,
    ],
    selectableFields: {
      "spec.nodeName": ({ spec }) => spec?.nodeName ?? "",
      "spec.driver": ({ spec }) => spec?.driver ?? "",
    },
  }),
];
