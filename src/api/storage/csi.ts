import { ageColumn, booleanColumn, integerColumn, nameColumn, textColumn } from "../columns.ts";
import { validateDriverName } from "../core/validate-persistent-source.ts";
import { invalids, nonNegative, nonNegativeQuantity, uniqueness } from "../field-checks.ts";
import { duplicate, type FieldError, invalid, notSupported, required, tooLong } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type {
  CSIDriver,
  CSINode,
  CSINodeDriver,
  CSIStorageCapacity,
  TokenRequest,
} from "../generated/storage.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { defineKind } from "../kind.ts";
import { dnsSubdomainErrors, qualifiedNameErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { validateLabelSelector } from "../selectors.ts";

const GROUP_POLICIES = ["ReadWriteOnceWithFSType", "File", "None"];
const LIFECYCLE_MODES = ["Persistent", "Ephemeral"];
const PERIOD_SECONDS_MIN = 10;
const TOKEN_SECONDS_MIN = 600;
const NODE_ID_MAX = 192;

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
  refusesUnconditionalUpdate: true,
  validate({ metadata, spec = {} }) {
    const errors = validateDriverName(metadata?.name ?? "", "metadata.name");
    if (spec.attachRequired === undefined) errors.push(required("spec.attachedRequired"));
    if (spec.podInfoOnMount === undefined) errors.push(required("spec.podInfoOnMount"));
    if (spec.storageCapacity === undefined) errors.push(required("spec.storageCapacity"));
    if (spec.fsGroupPolicy === undefined) errors.push(required("spec.fsGroupPolicy"));
    else if (!GROUP_POLICIES.includes(spec.fsGroupPolicy)) {
      errors.push(notSupported("spec.fsGroupPolicy", spec.fsGroupPolicy, GROUP_POLICIES));
    }
    errors.push(...validateTokens(spec.tokenRequests ?? [], "spec.tokenRequests"));
    for (const mode of spec.volumeLifecycleModes ?? []) {
      if (!LIFECYCLE_MODES.includes(mode))
        errors.push(notSupported("spec.volumeLifecycleModes", mode, LIFECYCLE_MODES));
    }
    if (spec.seLinuxMount === undefined) errors.push(required("spec.seLinuxMount"));
    const period = spec.nodeAllocatableUpdatePeriodSeconds;
    if (period !== undefined && period < PERIOD_SECONDS_MIN) {
      const message = `must be greater than or equal to ${PERIOD_SECONDS_MIN} seconds`;
      errors.push(invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, message));
    }
    const inSecrets = spec.serviceAccountTokenInSecrets;
    if (inSecrets !== undefined && (spec.tokenRequests ?? []).length === 0) {
      const message = "serviceAccountTokenInSecrets is set but no tokenRequests are specified";
      errors.push(invalid("spec.serviceAccountTokenInSecrets", inSecrets, message));
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
      columnTexts["storage.v1.CSIDriverSpec.attachRequired"],
      ({ spec }) => spec?.attachRequired ?? true,
    ),
    booleanColumn<CSIDriver>(
      "PodInfoOnMount",
      columnTexts["storage.v1.CSIDriverSpec.podInfoOnMount"],
      ({ spec }) => spec?.podInfoOnMount ?? false,
    ),
    booleanColumn<CSIDriver>(
      "StorageCapacity",
      columnTexts["storage.v1.CSIDriverSpec.storageCapacity"],
      ({ spec }) => spec?.storageCapacity ?? false,
    ),
    textColumn<CSIDriver>("TokenRequests", columnTexts["storage.v1.CSIDriverSpec.tokenRequests"], ({ spec }) =>
      spec?.tokenRequests === undefined ? "<unset>" : spec.tokenRequests.map(({ audience }) => audience).join(","),
    ),
    booleanColumn<CSIDriver>(
      "RequiresRepublish",
      columnTexts["storage.v1.CSIDriverSpec.requiresRepublish"],
      ({ spec }) => spec?.requiresRepublish ?? false,
    ),
    textColumn<CSIDriver>(
      "Modes",
      columnTexts["storage.v1.CSIDriverSpec.volumeLifecycleModes"],
      ({ spec }) => (spec?.volumeLifecycleModes ?? []).join(",") || "<none>",
    ),
    ageColumn,
  ],
});

function validateTokens(requests: readonly TokenRequest[], field: string): FieldError[] {
  const unique = uniqueness();
  const seen = new Set<string>();
  return requests.flatMap(({ audience = "", expirationSeconds: seconds }, index) => {
    const path = `${field}[${index}]`;
    const errors =
      audience === "" && seen.has("") ? [duplicate(`${path}.audience`, "")] : unique(audience, `${path}.audience`);
    seen.add(audience);
    if (seconds === undefined) return errors;
    const tell = (why: string): FieldError =>
      invalid(`${path}.expirationSeconds`, seconds, `may not specify a duration ${why}`);
    if (seconds < TOKEN_SECONDS_MIN) return [...errors, tell("less than 10 minutes")];
    return seconds > 2 ** 32 ? [...errors, tell("larger than 2^32 seconds")] : errors;
  });
}

/** What Go shows of a driver. */
const shown = ({ name, nodeID, topologyKeys, allocatable }: CSINodeDriver): object => ({
  Name: name,
  NodeID: nodeID,
  TopologyKeys: topologyKeys ?? null,
  Allocatable: allocatable === undefined ? null : { Count: allocatable.count ?? null },
});

function validateNodeDriver(
  { name = "", nodeID = "", topologyKeys: known, allocatable }: CSINodeDriver,
  field: string,
): FieldError[] {
  const errors = validateDriverName(name, `${field}.name`);
  if (nodeID === "") errors.push(required(`${field}.nodeID`));
  if (Buffer.byteLength(nodeID) > NODE_ID_MAX) errors.push(tooLong(`${field}.nodeID`, NODE_ID_MAX));
  errors.push(...nonNegative(allocatable?.count, `${field}.allocatable.count`));
  const path = `${field}.topologyKeys`;
  const topologyKeys = known ?? [];
  topologyKeys.forEach((key, index) => {
    if (key === "") errors.push(required(path));
    if (topologyKeys.indexOf(key) < index) errors.push(duplicate(path, key));
    errors.push(...invalids(path, key, qualifiedNameErrors(key)));
  });
  return errors;
}

export const csiNodeKind = defineKind<CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  refusesUnconditionalUpdate: true,
  validate({ spec }) {
    const unique = uniqueness();
    return (spec?.drivers ?? []).flatMap((driver, index) => [
      ...validateNodeDriver(driver, `spec.drivers[${index}]`),
      ...unique(driver.name, `spec.drivers[${index}].name`),
    ]);
  },
  validateUpdate: ({ spec }, old) =>
    (old.spec?.drivers ?? []).flatMap((before) => {
      const driver = spec?.drivers?.find(({ name }) => name === before.name);
      if (driver === undefined) return [];
      const { allocatable: _a, ...now } = driver;
      const { allocatable: _b, ...then } = before;
      return immutable(now, then, "").length === 0
        ? []
        : [invalid("CSINodeDriver", shown(driver), "field is immutable")];
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
  refusesUnconditionalUpdate: true,
  validateCreate: ({ storageClassName = "", capacity, maximumVolumeSize, nodeTopology }) => [
    ...invalids("storageClassName", storageClassName, dnsSubdomainErrors(storageClassName)),
    ...(capacity === undefined ? [] : nonNegativeQuantity(capacity, "capacity")),
    ...(maximumVolumeSize === undefined ? [] : nonNegativeQuantity(maximumVolumeSize, "maximumVolumeSize")),
    ...validateLabelSelector(nodeTopology, "nodeTopology"),
  ],
  validateUpdate: (each, old) => [
    ...immutable(each.nodeTopology, old.nodeTopology, "nodeTopology"),
    ...immutable(each.storageClassName, old.storageClassName, "storageClassName"),
  ],
  columns: [
    nameColumn,
    textColumn<CSIStorageCapacity>(
      "StorageClassName",
      columnTexts["storage.v1.CSIStorageCapacity.storageClassName"],
      ({ storageClassName }) => storageClassName ?? "",
    ),
    textColumn<CSIStorageCapacity>(
      "Capacity",
      columnTexts["storage.v1.CSIStorageCapacity.capacity"],
      ({ capacity }) => capacity ?? "<unset>",
    ),
  ],
});
