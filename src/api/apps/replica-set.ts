import { ageColumn, containerColumns, integerColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { setPodTemplateDefaults } from "../core/pod-template.ts";
import { workloadWarnings } from "../core/workload-warnings.ts";
import { nonNegative } from "../field-checks.ts";
import type { ReplicaSet, ReplicaSetSpec } from "../generated/apps/v1.ts";
import { columnTexts } from "../generated/column-texts.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";
import { formatLabelSelector } from "../selectors.ts";
import { validateCounts, validateSelectedTemplate } from "./workload.ts";

export const replicaSetKind = defineKind<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  setDefaults(replicaSet) {
    const spec = (replicaSet.spec ??= {} as ReplicaSetSpec);
    setPodTemplateDefaults((spec.template ??= {}));
    spec.replicas ??= 1;
  },
  prepareForCreate(replicaSet) {
    replicaSet.status = { replicas: 0 };
  },
  validate: ({ spec }, old) => [
    ...nonNegative(spec?.replicas, "spec.replicas"),
    ...nonNegative(spec?.minReadySeconds, "spec.minReadySeconds"),
    ...validateSelectedTemplate(spec, "ReplicaSet", old?.spec?.template),
  ],
  validateUpdate: (replicaSet, old) => immutable(replicaSet.spec?.selector, old.spec?.selector, "spec.selector"),
  validateStatusUpdate: ({ status }) =>
    validateCounts(status, {
      counts: [
        "replicas",
        "fullyLabeledReplicas",
        "readyReplicas",
        "availableReplicas",
        "terminatingReplicas",
        "observedGeneration",
      ],
      within: ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"],
      ready: "readyReplicas",
    }),
  warnings: workloadWarnings,
  columns: [
    nameColumn,
    integerColumn<ReplicaSet>("Desired", columnTexts["apps.v1.ReplicaSetSpec.replicas"], ({ spec }) => spec?.replicas),
    integerColumn<ReplicaSet>(
      "Current",
      columnTexts["apps.v1.ReplicaSetStatus.replicas"],
      ({ status }) => status?.replicas,
    ),
    integerColumn<ReplicaSet>(
      "Ready",
      columnTexts["apps.v1.ReplicaSetStatus.readyReplicas"],
      ({ status }) => status?.readyReplicas,
    ),
    ageColumn,
    ...containerColumns<ReplicaSet>(({ spec }) => spec?.template),
    wide(
      textColumn<ReplicaSet>("Selector", columnTexts["apps.v1.ReplicaSetSpec.selector"], ({ spec }) =>
        formatLabelSelector(spec?.selector),
      ),
    ),
  ],
  selectableFields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
});
