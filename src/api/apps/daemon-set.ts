import { ageColumn, containerColumns, formatLabels, integerColumn, nameColumn, textColumn, wide } from "../columns.ts";
import {
  isEmptySelector,
  setPodTemplateDefaults,
  validatePodTemplate,
  validateTemplateMatch,
} from "../core/pod-template.ts";
import { templateWarnings } from "../core/workload-warnings.ts";
import { nonNegative } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy } from "../generated/apps/v1.ts";
import { columnTexts } from "../generated/column-texts.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";
import { formatLabelSelector, validateLabelSelector } from "../selectors.ts";
import {
  isNone,
  shownStrategy,
  validateAlwaysRestarts,
  validateCollisions,
  validateIntOrPercent,
  validateNotOverHundredPercent,
} from "./workload.ts";

/** The template's generation, which old clients read. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

export const daemonSetKind = defineKind<DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  setDefaults(daemonSet) {
    const spec = (daemonSet.spec ??= {} as DaemonSetSpec);
    setPodTemplateDefaults((spec.template ??= {}));
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= "RollingUpdate";
    if (spec.updateStrategy.type === "RollingUpdate") {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    // Upstream's conversion writes it always: who wrote the object owns it.
    if (templateGeneration(daemonSet) === undefined) annotate(daemonSet, 0);
  },
  prepareForCreate(daemonSet) {
    annotate(daemonSet, Math.max(generationOf(daemonSet), 1));
    daemonSet.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
  },
  prepareForUpdate(daemonSet, old) {
    const same = immutable(daemonSet.spec?.template, old.spec?.template, "").length === 0;
    annotate(daemonSet, generationOf(old) + (same ? 0 : 1));
  },
  prepareForStatusUpdate: (daemonSet, old) => annotate(daemonSet, generationOf(old)),
  validate: validateDaemonSet,
  validateUpdate: (daemonSet, old) => immutable(daemonSet.spec?.selector, old.spec?.selector, "spec.selector"),
  validateStatusUpdate: (daemonSet, old) => [
    ...(
      [
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
        "observedGeneration",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberUnavailable",
        "collisionCount",
      ] as const
    ).flatMap((key) => nonNegative(daemonSet.status?.[key], `status.${key}`)),
    ...validateCollisions(daemonSet, old),
  ],
  warnings: (daemonSet, old) =>
    old === undefined || templateGeneration(daemonSet) !== templateGeneration(old)
      ? templateWarnings(daemonSet.spec?.template, "spec.template.")
      : [],
  columns: [
    nameColumn,
    integerColumn<DaemonSet>(
      "Desired",
      columnTexts["apps.v1.DaemonSetStatus.desiredNumberScheduled"],
      ({ status }) => status?.desiredNumberScheduled,
    ),
    integerColumn<DaemonSet>(
      "Current",
      columnTexts["apps.v1.DaemonSetStatus.currentNumberScheduled"],
      ({ status }) => status?.currentNumberScheduled,
    ),
    integerColumn<DaemonSet>(
      "Ready",
      "The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and ready.",
      ({ status }) => status?.numberReady,
    ),
    integerColumn<DaemonSet>(
      "Up-to-date",
      columnTexts["apps.v1.DaemonSetStatus.updatedNumberScheduled"],
      ({ status }) => status?.updatedNumberScheduled,
    ),
    integerColumn<DaemonSet>(
      "Available",
      columnTexts["apps.v1.DaemonSetStatus.numberAvailable"],
      ({ status }) => status?.numberAvailable,
    ),
    textColumn<DaemonSet>("Node Selector", columnTexts["core.v1.PodSpec.nodeSelector"], ({ spec }) =>
      formatLabels(spec?.template?.spec?.nodeSelector),
    ),
    ageColumn,
    ...containerColumns<DaemonSet>(({ spec }) => spec?.template),
    wide(
      textColumn<DaemonSet>(
        "Selector",
        "A label query over pods that are managed by the daemon set. Must match in order to be controlled. If empty, defaulted to labels on Pod template. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
        ({ spec }) => formatLabelSelector(spec?.selector),
      ),
    ),
  ],
});

const templateGeneration = ({ metadata }: DaemonSet): string | undefined =>
  metadata?.annotations?.[TEMPLATE_GENERATION];

/** What counts the changes of its template. */
const generationOf = ({ metadata }: DaemonSet): number =>
  Number(metadata?.annotations?.[TEMPLATE_GENERATION] ?? 1) || 1;

function annotate(daemonSet: DaemonSet, generation: number): void {
  const meta = (daemonSet.metadata ??= {});
  meta.annotations = { ...meta.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

function validateDaemonSet({ spec }: DaemonSet, old?: DaemonSet): FieldError[] {
  const { selector, template } = spec ?? {};
  const errors = [
    ...validateLabelSelector(selector, "spec.selector"),
    ...validateTemplateMatch(selector, template, "spec.template"),
  ];
  if (selector !== undefined && isEmptySelector(selector)) {
    errors.push(invalid("spec.selector", selector, "empty selector is invalid for daemonset"));
  }
  return [
    ...errors,
    ...validatePodTemplate(template, "spec.template", old?.spec?.template),
    ...validateAlwaysRestarts(template, "DaemonSet"),
    ...nonNegative(spec?.minReadySeconds, "spec.minReadySeconds"),
    ...validateStrategy(spec?.updateStrategy, "spec.updateStrategy"),
    ...nonNegative(spec?.revisionHistoryLimit, "spec.revisionHistoryLimit"),
  ];
}

function validateStrategy(strategy: DaemonSetUpdateStrategy | undefined, field: string): FieldError[] {
  if (strategy?.type === "OnDelete") return [];
  if (strategy?.type !== "RollingUpdate") {
    return [notSupported(field, shownStrategy(strategy), ["RollingUpdate", "OnDelete"])];
  }
  if (strategy.rollingUpdate === undefined) return [required(`${field}.rollingUpdate`)];
  const { maxSurge, maxUnavailable } = strategy.rollingUpdate;
  const path = `${field}.rollingUpdate`;
  const errors = [
    ...validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...validateNotOverHundredPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...validateIntOrPercent(maxSurge, `${path}.maxSurge`),
    ...validateNotOverHundredPercent(maxSurge, `${path}.maxSurge`),
  ];
  if (isNone(maxUnavailable) && isNone(maxSurge)) {
    errors.push(required(`${path}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
  }
  if (!isNone(maxUnavailable) && !isNone(maxSurge)) {
    errors.push(invalid(`${path}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero"));
  }
  return errors;
}
