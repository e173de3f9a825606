import { ageColumn, containerColumns, nameColumn, textColumn } from "../columns.ts";
import { setPodTemplateDefaults, validateTemplateSelector } from "../core/pod-template.ts";
import { setResourceRequirementsDefaults } from "../core/resource-list.ts";
import { nonNegative, oneOf, optionalOneOf } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported } from "../field-error.ts";
import type { StatefulSet, StatefulSetSpec } from "../generated/apps/v1.ts";
import { defineKind } from "../kind.ts";
import { immutable, validateAnnotations } from "../object-meta.ts";
import { validateLabels } from "../selectors.ts";
import { validateCounts, validateIntOrPercent } from "./workload.ts";

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
  setDefaults({ spec }) {
    if (spec !== undefined) setStatefulSetDefaults(spec);
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
  validateStatusUpdate: ({ status }) =>
    validateCounts(status, ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"]),
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
  setPodTemplateDefaults(spec.template);
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

function fixedPart(spec: StatefulSetSpec | undefined): Partial<StatefulSetSpec> {
  const copy: Partial<StatefulSetSpec> = { ...spec };
  for (const key of CHANGEABLE) delete copy[key];
  return copy;
}

/** The template's volumes are not looked at: claims of the set add some. */
function validateStatefulSet({ spec }: StatefulSet): FieldError[] {
  const { updateStrategy, template } = spec ?? {};
  const errors = oneOf(spec?.podManagementPolicy, ["OrderedReady", "Parallel"], "spec.podManagementPolicy");
  const rolling = updateStrategy?.rollingUpdate;
  if (updateStrategy?.type === "OnDelete" && rolling !== undefined) {
    errors.push(
      invalid("spec.updateStrategy.rollingUpdate", rolling, "only allowed for updateStrategy 'RollingUpdate'"),
    );
  }
  if (updateStrategy?.type !== "OnDelete" && updateStrategy?.type !== "RollingUpdate") {
    errors.push(invalid("spec.updateStrategy", updateStrategy, "must be 'RollingUpdate' or 'OnDelete'"));
  }
  errors.push(
    ...nonNegative(rolling?.partition, "spec.updateStrategy.rollingUpdate.partition"),
    ...validateIntOrPercent(rolling?.maxUnavailable, "spec.updateStrategy.rollingUpdate.maxUnavailable"),
    ...nonNegative(spec?.replicas, "spec.replicas"),
    ...nonNegative(spec?.minReadySeconds, "spec.minReadySeconds"),
    ...nonNegative(spec?.ordinals?.start, "spec.ordinals.start"),
    ...validateTemplateSelector(spec?.selector, template, { field: "spec", kind: "statefulset" }),
    ...validateLabels(template?.metadata?.labels, "spec.template.labels"),
    ...validateAnnotations(template?.metadata?.annotations, "spec.template.annotations"),
  );
  const retention = spec?.persistentVolumeClaimRetentionPolicy;
  for (const key of ["whenDeleted", "whenScaled"] as const) {
    errors.push(
      ...optionalOneOf(retention?.[key], ["Delete", "Retain"], `spec.persistentVolumeClaimRetentionPolicy.${key}`),
    );
  }
  if (template?.spec?.restartPolicy !== undefined && template.spec.restartPolicy !== "Always") {
    errors.push(notSupported("spec.template.spec.restartPolicy", template.spec.restartPolicy, ["Always"]));
  }
  if (template?.spec?.activeDeadlineSeconds !== undefined) {
    errors.push(
      forbiddenField(
        "spec.template.spec.activeDeadlineSeconds",
        "activeDeadlineSeconds in StatefulSet is not Supported",
      ),
    );
  }
  return errors;
}
