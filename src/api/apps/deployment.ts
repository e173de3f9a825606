import { ageColumn, containerColumns, nameColumn, textColumn, textNumberColumn, wide } from "../columns.ts";
import { setPodTemplateDefaults } from "../core/pod-template.ts";
import { workloadWarnings } from "../core/workload-warnings.ts";
import { nonNegative } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { Deployment, DeploymentSpec, DeploymentStrategy } from "../generated/apps/v1.ts";
import { columnTexts } from "../generated/column-texts.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";
import { formatLabelSelector } from "../selectors.ts";
import {
  isNone,
  shownStrategy,
  validateCollisions,
  validateCounts,
  validateIntOrPercent,
  validateNotOverHundredPercent,
  validateSelectedTemplate,
} from "./workload.ts";

export const deploymentKind = defineKind<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  countsAnnotations: true,
  statusKeeps: ["labels"],
  setDefaults(deployment) {
    const spec = (deployment.spec ??= {} as DeploymentSpec);
    setPodTemplateDefaults((spec.template ??= {}));
    spec.replicas ??= 1;
    spec.strategy ??= {};
    spec.strategy.type ||= "RollingUpdate";
    if (spec.strategy.type === "RollingUpdate") {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
      spec.strategy.rollingUpdate.maxSurge ??= "25%";
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
  },
  validate: validateDeployment,
  validateUpdate: (deployment, old) => immutable(deployment.spec?.selector, old.spec?.selector, "spec.selector"),
  validateStatusUpdate: (deployment, old) => [
    ...validateCounts(deployment.status, {
      counts: [
        "observedGeneration",
        "replicas",
        "updatedReplicas",
        "readyReplicas",
        "availableReplicas",
        "unavailableReplicas",
        "terminatingReplicas",
        "collisionCount",
      ],
      within: ["updatedReplicas", "readyReplicas", "availableReplicas"],
      ready: "readyReplicas",
    }),
    ...validateCollisions(deployment, old),
  ],
  warnings: workloadWarnings,
  columns: [
    nameColumn,
    textColumn<Deployment>(
      "Ready",
      "Number of the pod with ready state",
      ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    ),
    textNumberColumn<Deployment>(
      "Up-to-date",
      columnTexts["apps.v1.DeploymentStatus.updatedReplicas"],
      ({ status }) => status?.updatedReplicas,
    ),
    textNumberColumn<Deployment>(
      "Available",
      columnTexts["apps.v1.DeploymentStatus.availableReplicas"],
      ({ status }) => status?.availableReplicas,
    ),
    ageColumn,
    ...containerColumns<Deployment>(({ spec }) => spec?.template),
    wide(
      textColumn<Deployment>(
        "Selector",
        "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment.",
        ({ spec }) => formatLabelSelector(spec?.selector),
      ),
    ),
  ],
});

function validateDeployment({ spec }: Deployment, old?: Deployment): FieldError[] {
  const errors = [
    ...nonNegative(spec?.replicas, "spec.replicas"),
    ...validateSelectedTemplate(spec, "ReplicaSet", old?.spec?.template),
    ...validateStrategy(spec?.strategy, "spec.strategy"),
    ...nonNegative(spec?.minReadySeconds, "spec.minReadySeconds"),
    ...nonNegative(spec?.revisionHistoryLimit, "spec.revisionHistoryLimit"),
  ];
  const deadline = spec?.progressDeadlineSeconds;
  if (deadline !== undefined) {
    errors.push(...nonNegative(deadline, "spec.progressDeadlineSeconds"));
    if (deadline <= (spec?.minReadySeconds ?? 0)) {
      errors.push(invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"));
    }
  }
  return errors;
}

function validateStrategy(strategy: DeploymentStrategy | undefined, field: string): FieldError[] {
  const { type, rollingUpdate } = strategy ?? {};
  if (type === "Recreate") {
    return rollingUpdate === undefined
      ? []
      : [forbiddenField(`${field}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (type !== "RollingUpdate") return [notSupported(field, shownStrategy(strategy), ["Recreate", "RollingUpdate"])];
  if (rollingUpdate === undefined) {
    return [required(`${field}.rollingUpdate`, "this should be defaulted and never be nil")];
  }
  const { maxSurge, maxUnavailable } = rollingUpdate;
  const path = `${field}.rollingUpdate`;
  const errors = [
    ...validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...validateIntOrPercent(maxSurge, `${path}.maxSurge`),
  ];
  if (isNone(maxUnavailable) && isNone(maxSurge)) {
    errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  }
  return [...errors, ...validateNotOverHundredPercent(maxUnavailable, `${path}.maxUnavailable`)];
}
