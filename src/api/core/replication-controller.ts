import { validateAlwaysRestarts, validateCounts } from "../apps/workload.ts";
import { ageColumn, containerColumns, formatLabels, integerColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { nonNegative } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { ReplicationController } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { matchesMap } from "../selectors.ts";
import { setPodTemplateDefaults, validatePodTemplate } from "./pod-template.ts";
import { workloadWarnings } from "./workload-warnings.ts";

export const replicationControllerKind = defineKind<ReplicationController>({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  defaultPropagation: "orphan",
  setDefaults(controller) {
    const spec = (controller.spec ??= {});
    setPodTemplateDefaults(spec.template);
    const labels = spec.template?.metadata?.labels;
    if (labels !== undefined) {
      if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
      if (Object.keys(controller.metadata?.labels ?? {}).length === 0) {
        controller.metadata = { ...controller.metadata, labels: { ...labels } };
      }
    }
    spec.replicas ??= 1;
  },
  prepareForCreate(controller) {
    controller.status = { replicas: 0 };
  },
  validate: validateController,
  validateStatusUpdate: ({ status }) =>
    validateCounts(status, {
      counts: ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"],
      within: ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"],
      ready: "readyReplicas",
    }),
  warnings: workloadWarnings,
  columns: [
    nameColumn,
    integerColumn<ReplicationController>(
      "Desired",
      columnTexts["core.v1.ReplicationControllerSpec.replicas"],
      ({ spec }) => spec?.replicas,
    ),
    integerColumn<ReplicationController>(
      "Current",
      columnTexts["core.v1.ReplicationControllerStatus.replicas"],
      ({ status }) => status?.replicas,
    ),
    integerColumn<ReplicationController>(
      "Ready",
      columnTexts["core.v1.ReplicationControllerStatus.readyReplicas"],
      ({ status }) => status?.readyReplicas,
    ),
    ageColumn,
    ...containerColumns<ReplicationController>(({ spec }) => spec?.template),
    wide(
      textColumn<ReplicationController>(
        "Selector",
        columnTexts["core.v1.ReplicationControllerSpec.selector"],
        ({ spec }) => formatLabels(spec?.selector),
      ),
    ),
  ],
  selectableFields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
});

function validateController({ spec }: ReplicationController, old?: ReplicationController): FieldError[] {
  const errors = [
    ...nonNegative(spec?.minReadySeconds, "spec.minReadySeconds"),
    ...nonNegative(spec?.replicas, "spec.replicas"),
  ];
  const isEmpty = Object.keys(spec?.selector ?? {}).length === 0;
  if (isEmpty) errors.push(required("spec.selector"));
  if (spec?.template === undefined) return [...errors, required("spec.template")];
  const labels = spec.template.metadata?.labels;
  if (!isEmpty && !matchesMap(spec.selector, labels)) {
    errors.push(
      invalid("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`"),
    );
  }
  return [
    ...errors,
    ...validatePodTemplate(spec.template, "spec.template", old?.spec?.template),
    ...validateAlwaysRestarts(spec.template, "ReplicationController"),
  ];
}
