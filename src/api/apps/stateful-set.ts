import { ageColumn, containerColumns, nameColumn, textColumn } from "../columns.ts";
import { setPodTemplateDefaults } from "../core/pod-template.ts";
import { claimSpecWarnings } from "../core/pod-volume-warnings.ts";
import { setResourceRequirementsDefaults } from "../core/resource-list.ts";
import { isChanged, templateWarnings } from "../core/workload-warnings.ts";
import { optionalNamed } from "../field-checks.ts";
import { forbiddenField } from "../field-error.ts";
import type { StatefulSet, StatefulSetSpec } from "../generated/apps/v1.ts";
import { defineKind } from "../kind.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { validateStatefulSet } from "./validate-stateful-set.ts";
import { validateCollisions, validateCounts } from "./workload.ts";

const CHANGEABLE = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const;

export const statefulSetKind = defineKind<StatefulSet>({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  nameRule: "dnsLabel",
  setDefaults(statefulSet) {
    setStatefulSetDefaults((statefulSet.spec ??= {} as StatefulSetSpec));
  },
  prepareForCreate(statefulSet) {
    statefulSet.status = { replicas: 0 };
  },
  validate: validateStatefulSet,
  validateUpdate({ spec }, old) {
    const [now, before] = [fixedPart(spec), fixedPart(old.spec)];
    return immutable(now, before, "spec").length === 0
      ? []
      : [
          forbiddenField(
            "spec",
            `updates to statefulset spec for fields other than ${CHANGEABLE.slice(0, -1)
              .map((each) => `'${each}'`)
              .join(", ")} and '${CHANGEABLE.at(-1)}' are forbidden`,
          ),
        ];
  },
  validateCreate({ spec }) {
    const name = spec?.serviceName;
    return optionalNamed(name, dnsSubdomainErrors, "spec.serviceName");
  },
  validateStatusUpdate: (statefulSet, old) => [
    ...validateCounts(statefulSet.status, {
      counts: [
        "replicas",
        "readyReplicas",
        "currentReplicas",
        "updatedReplicas",
        "availableReplicas",
        "observedGeneration",
        "collisionCount",
      ],
      within: ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"],
      ready: "status.readyReplicas",
    }),
    ...validateCollisions(statefulSet, old),
  ],
  warnings: statefulSetWarnings,
  columns: [
    nameColumn,
    textColumn<StatefulSet>(
      "Ready",
      "Number of the pod with ready state",
      ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    ),
    ageColumn,
    ...containerColumns<StatefulSet>(({ spec }) => spec?.template),
  ],
});

function setStatefulSetDefaults(spec: StatefulSetSpec): void {
  setPodTemplateDefaults((spec.template ??= {}));
  spec.podManagementPolicy ||= "OrderedReady";
  spec.updateStrategy ??= {};
  if (!spec.updateStrategy.type) {
    spec.updateStrategy.type = "RollingUpdate";
    spec.updateStrategy.rollingUpdate ??= {};
  }
  if (spec.updateStrategy.type === "RollingUpdate" && spec.updateStrategy.rollingUpdate !== undefined) {
    spec.updateStrategy.rollingUpdate.partition ??= 0;
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= "Retain";
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = "v1";
    claim.kind = "PersistentVolumeClaim";
    claim.spec ??= {};
    claim.spec.volumeMode ??= "Filesystem";
    setResourceRequirementsDefaults(claim.spec.resources);
    claim.status ??= {};
    claim.status.phase ||= "Pending";
  }
}

function statefulSetWarnings(statefulSet: StatefulSet, old?: StatefulSet): string[] {
  const { spec } = statefulSet;
  const warnings = isChanged(statefulSet, old) ? templateWarnings(spec?.template, "spec.template.") : [];
  // The paths are upstream's.
  const part = old === undefined ? "" : ".Spec";
  for (const [index, claim] of (spec?.volumeClaimTemplates ?? []).entries()) {
    warnings.push(...claimSpecWarnings(claim.spec, `spec.volumeClaimTemplates[${index}]${part}`));
  }
  if ((spec?.revisionHistoryLimit ?? 0) < 0) {
    const text = "a negative value retains all historical revisions; a value >= 0 is recommended";
    warnings.push(`spec.revisionHistoryLimit: ${text}`);
  }
  return warnings;
}

function fixedPart(spec: StatefulSetSpec | undefined): Partial<StatefulSetSpec> {
  const copy: Partial<StatefulSetSpec> = { ...spec };
  for (const key of CHANGEABLE) delete copy[key];
  return copy;
}
