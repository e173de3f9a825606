import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { type FieldError, forbiddenField, invalid } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type {
  DeviceClass,
  ResourceClaim,
  ResourceClaimSpec,
  ResourceClaimTemplate,
  ResourceSlice,
} from "../generated/resource.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { defineKind, type KindDefinition } from "../kind.ts";
import type { ObjectMeta } from "../meta.ts";
import { qualifiedNameErrors } from "../names.ts";
import { immutable, validateAnnotations } from "../object-meta.ts";
import { equalJson } from "../patch/json-value.ts";
import { validateLabels } from "../selectors.ts";
import { limited, validateClaimSpec, validateConfiguration } from "./validate-claim.ts";
import { validateClaimStatus } from "./validate-claim-status.ts";
import { validateSelectors } from "./validate-requests.ts";
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

/** Claims that are made from a template take its labels and annotations, and nothing else of its metadata. */
function validateTemplateMeta(meta: ObjectMeta = {}, field: string): FieldError[] {
  const { labels, annotations, ...others } = meta;
  return [
    ...validateAnnotations(annotations, `${field}.annotations`),
    ...validateLabels(labels, `${field}.labels`),
    ...Object.entries(others).flatMap(([key, value]) =>
      value === undefined ? [] : [forbiddenField(`${field}.${key}`, "cannot be set")],
    ),
  ];
}

/** `domain/name` outside of kubernetes.io, as containers ask for it. */
function validateExtendedName(name: string | undefined): FieldError[] {
  if (name === undefined) return [];
  const isNative = !name.includes("/") || name.includes("kubernetes.io/");
  const isWrong = isNative || name.startsWith("requests.") || qualifiedNameErrors(`requests.${name}`).length > 0;
  return isWrong ? [invalid("spec.extendedResourceName", name, "must be a valid extended resource name")] : [];
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

/** What drivers say of devices goes with the devices. */
function dropReleasedDevices({ status }: ResourceClaim, old: ResourceClaim): void {
  if (status?.devices === undefined) return;
  const key = (each: { driver: string; pool: string; device: string }) => `${each.driver}/${each.pool}/${each.device}`;
  const devicesOf = (claim: Pick<ResourceClaim, "status">) =>
    new Set((claim.status?.allocation?.devices?.results ?? []).map(key));
  const [held, before] = [devicesOf({ status }), devicesOf(old)];
  status.devices = status.devices.filter((each) => held.has(key(each)) || !before.has(key(each)));
  if (status.devices.length === 0) delete status.devices;
}

const isStored = (list: object[] | undefined, old: object[] | undefined): boolean =>
  list !== undefined && old !== undefined && equalJson(list, old);

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
    // What is asked never changes: it is looked at once.
    validateCreate: ({ spec }) => validateClaimSpec(spec, "spec"),
    statusKeepsMetadata: true,
    prepareForStatusUpdate: dropReleasedDevices,
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
    validateCreate: ({ spec }) => [
      ...validateTemplateMeta(spec?.metadata, "spec.metadata"),
      ...validateClaimSpec(spec?.spec, "spec.spec"),
    ],
    validateUpdate: (template, old) => immutable(template.spec, old.spec, "spec"),
    columns: [nameColumn, ageColumn],
  }),
  defineKind<DeviceClass>({
    group: GROUP,
    version: "v1",
    kind: "DeviceClass",
    prepareForCreate: startGeneration,
    prepareForUpdate: countGeneration,
    validate: ({ spec }, old) => [
      ...validateSelectors(spec?.selectors, "spec.selectors", isStored(spec?.selectors, old?.spec?.selectors)),
      ...limited(spec?.config ?? [], "spec.config", (each, at) =>
        validateConfiguration(each, at, isStored(spec?.config, old?.spec?.config)),
      ),
      ...validateExtendedName(spec?.extendedResourceName),
    ],
    columns: [nameColumn, ageColumn],
  }),
  defineKind<ResourceSlice>({
    group: GROUP,
    version: "v1",
    kind: "ResourceSlice",
    prepareForCreate: startGeneration,
    prepareForUpdate: countGeneration,
    validate: ({ spec }, old) => validateSliceSpec(spec, "spec", old?.spec),
    validateUpdate: ({ spec }, old) => [
      ...immutable(spec?.pool?.name, old.spec?.pool?.name, "spec.pool.name"),
      ...immutable(spec?.driver, old.spec?.driver, "spec.driver"),
      ...immutable(spec?.nodeName, old.spec?.nodeName, "spec.nodeName"),
    ],
    columns: [
      nameColumn,
      textColumn<ResourceSlice>(
        "Node",
        columnTexts["resource.v1.ResourceSliceSpec.nodeName"],
        ({ spec }) => spec?.nodeName ?? "",
      ),
      textColumn<ResourceSlice>(
        "Driver",
        columnTexts["resource.v1.ResourceSliceSpec.driver"],
        ({ spec }) => spec?.driver ?? "",
      ),
      textColumn<ResourceSlice>(
        "Pool",
        columnTexts["resource.v1.ResourcePool.name"],
        ({ spec }) => spec?.pool?.name ?? "",
      ),
      ageColumn,
    ],
    selectableFields: {
      "spec.nodeName": ({ spec }) => spec?.nodeName ?? "",
      "spec.driver": ({ spec }) => spec?.driver ?? "",
    },
  }),
];
