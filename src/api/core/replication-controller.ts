import { validateAlwaysRestarts, validateCounts } from "../apps/workload.ts";
import { ageColumn, containerColumns, formatLabels, integerColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { nonNegative } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
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
      "Replicas is the number of desired replicas. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller#what-is-a-replicationcontroller",
      ({ spec }) => spec?.replicas,
    ),
    integerColumn<ReplicationController>(
      "Current",
      "Replicas is the most recently observed number of replicas. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller#what-is-a-replicationcontroller",
      ({ status }) => status?.replicas,
    ),
    integerColumn<ReplicationController>(
      "Ready",
      "The number of ready replicas for this replication controller.",
      ({ status }) => status?.readyReplicas,
    ),
    ageColumn,
    ...containerColumns<ReplicationController>(({ spec }) => spec?.template),
    wide(
      textColumn<ReplicationController>(
        "Selector",
        "Selector is a label query over pods that should match the Replicas count. If Selector is empty, it is defaulted to the labels present on the Pod template. Label keys and values that must match in order to be controlled by this replication controller, if empty defaulted to labels on Pod template. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
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
