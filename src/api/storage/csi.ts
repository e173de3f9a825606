import { ageColumn, booleanColumn, integerColumn, nameColumn, textColumn } from "../columns.ts";
import { oneOf, requiredText, uniqueness } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { CSIDriver, CSINode, CSIStorageCapacity } from "../generated/storage.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";

export const csiDriverKind = defineKind<CSIDriver>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  setDefaults({ spec }) {
    if (spec === undefined) return;
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ["Persistent"];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  prepareForCreate: startGeneration,
  prepareForUpdate: countGeneration,
  validate({ metadata, spec }) {
    const errors: FieldError[] = [];
    if ((metadata?.name ?? "").length > 63)
      errors.push(invalid("metadata.name", metadata?.name, "must be no more than 63 characters"));
    if (spec?.attachRequired === undefined) errors.push(required("spec.attachedRequired"));
    if (spec?.podInfoOnMount === undefined) errors.push(required("spec.podInfoOnMount"));
    if (spec?.storageCapacity === undefined) errors.push(required("spec.storageCapacity"));
    errors.push(...oneOf(spec?.fsGroupPolicy, ["File", "None", "ReadWriteOnceWithFSType"], "spec.fsGroupPolicy"));
    const audiences = uniqueness();
    (spec?.tokenRequests ?? []).forEach((request, index) => {
      errors.push(...audiences(request.audience, `spec.tokenRequests[${index}].audience`));
    });
    for (const mode of spec?.volumeLifecycleModes ?? []) {
      errors.push(...oneOf(mode, ["Ephemeral", "Persistent"], "spec.volumeLifecycleModes"));
    }
    return errors;
  },
  validateUpdate: ({ spec }, old) => [
    ...immutable(spec?.attachRequired, old.spec?.attachRequired, "spec.attachedRequired"),
    ...immutable(spec?.volumeLifecycleModes, old.spec?.volumeLifecycleModes, "spec.volumeLifecycleModes"),
  ],
  columns: [
    nameColumn,
    booleanColumn<CSIDriver>(
      "AttachRequired",
      "Whether this CSI volume driver requires an attach operation.",
      ({ spec }) => spec?.attachRequired ?? true,
    ),
    booleanColumn<CSIDriver>(
      "PodInfoOnMount",
      "Whether the driver requires additional pod information during mount operations.",
      ({ spec }) => spec?.podInfoOnMount ?? false,
    ),
    booleanColumn<CSIDriver>(
      "StorageCapacity",
      "Whether pod scheduling considers the storage capacity that the driver deployment reports.",
      ({ spec }) => spec?.storageCapacity ?? false,
    ),
    textColumn<CSIDriver>("TokenRequests", "The service account tokens that the driver gets.", ({ spec }) =>
      spec?.tokenRequests === undefined ? "<unset>" : spec.tokenRequests.map(({ audience }) => audience).join(","),
    ),
    booleanColumn<CSIDriver>(
      "RequiresRepublish",
      "Whether the driver wants NodePublishVolume being periodically called.",
      ({ spec }) => spec?.requiresRepublish ?? false,
    ),
    textColumn<CSIDriver>(
      "Modes",
      "What kind of volumes this CSI volume driver supports.",
      ({ spec }) => (spec?.volumeLifecycleModes ?? []).join(",") || "<none>",
    ),
    ageColumn,
  ],
});

export const csiNodeKind = defineKind<CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  validate({ spec }) {
    const unique = uniqueness();
    return (spec?.drivers ?? []).flatMap((driver, index) => [
      ...requiredText(driver.name, `spec.drivers[${index}].name`),
      ...requiredText(driver.nodeID, `spec.drivers[${index}].nodeID`),
      ...unique(driver.name, `spec.drivers[${index}].name`),
    ]);
  },
  validateUpdate: ({ spec }, old) =>
    (spec?.drivers ?? []).flatMap((driver, index) => {
      const before = old.spec?.drivers?.find(({ name }) => name === driver.name);
      if (before === undefined) return [];
      const { allocatable: _a, ...now } = driver;
      const { allocatable: _b, ...then } = before;
      return immutable(now, then, `spec.drivers[${index}]`);
    }),
  columns: [
    nameColumn,
    integerColumn<CSINode>(
      "Drivers",
      "Drivers indicates the number of CSI drivers registered on the node",
      ({ spec }) => spec?.drivers?.length,
    ),
    ageColumn,
  ],
});

export const csiStorageCapacityKind = defineKind<CSIStorageCapacity>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  validate: (each) => requiredText(each.storageClassName, "storageClassName"),
  validateUpdate: (each, old) => [
    ...immutable(each.nodeTopology, old.nodeTopology, "nodeTopology"),
    ...immutable(each.storageClassName, old.storageClassName, "storageClassName"),
  ],
  columns: [
    nameColumn,
    textColumn<CSIStorageCapacity>(
      "StorageClassName",
      "The StorageClass that the reported capacity applies to.",
      ({ storageClassName }) => storageClassName ?? "",
    ),
    textColumn<CSIStorageCapacity>(
      "Capacity",
      "The value reported by the CSI driver.",
      ({ capacity }) => capacity ?? "<unset>",
    ),
  ],
});
