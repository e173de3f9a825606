import { ageColumn, containerColumns, integerColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { setPodTemplateDefaults, validatePodTemplate, validateTemplateSelector } from "../core/pod-template.ts";
import { nonNegative } from "../field-checks.ts";
import { invalid } from "../field-error.ts";
import type { ReplicaSet } from "../generated/apps/v1.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";
import { formatLabelSelector } from "../selectors.ts";
import { validateAlwaysRestarts, validateCounts } from "./workload.ts";

export const replicaSetKind = defineKind<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  setDefaults({ spec }) {
    if (spec === undefined) return;
    setPodTemplateDefaults(spec.template);
    spec.replicas ??= 1;
  },
  prepareForCreate(replicaSet) {
    replicaSet.status = { replicas: 0 };
  },
  validate: ({ spec }) => [
    ...nonNegative(spec?.replicas, "spec.replicas"),
    ...nonNegative(spec?.minReadySeconds, "spec.minReadySeconds"),
    ...validateTemplateSelector(spec?.selector, spec?.template, { field: "spec", kind: "deployment" }),
    ...validatePodTemplate(spec?.template, "spec.template"),
    ...validateAlwaysRestarts(spec?.template, "ReplicaSet"),
  ],
  validateUpdate: (replicaSet, old) => immutable(replicaSet.spec?.selector, old.spec?.selector, "spec.selector"),
  validateStatusUpdate({ status }) {
    const errors = validateCounts(status, ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"]);
    if ((status?.availableReplicas ?? 0) > (status?.readyReplicas ?? 0)) {
      errors.push(
        invalid("status.availableReplicas", status?.availableReplicas, "cannot be greater than readyReplicas"),
      );
    }
    return errors;
  },
  columns: [
    nameColumn,
    integerColumn<ReplicaSet>("Desired", "Replicas is the number of desired pods.", ({ spec }) => spec?.replicas),
    integerColumn<ReplicaSet>(
      "Current",
      "Replicas is the most recently observed number of non-terminating pods.",
      ({ status }) => status?.replicas,
    ),
    integerColumn<ReplicaSet>(
      "Ready",
      "The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.",
      ({ status }) => status?.readyReplicas,
    ),
    ageColumn,
    ...containerColumns<ReplicaSet>(({ spec }) => spec?.template),
    wide(
      textColumn<ReplicaSet>(
        "Selector",
        "Selector is a label query over pods that should match the replica count.",
        ({ spec }) => formatLabelSelector(spec?.selector),
      ),
    ),
  ],
  selectableFields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
});
