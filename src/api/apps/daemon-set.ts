import { ageColumn, containerColumns, formatLabels, integerColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { setPodTemplateDefaults, validatePodTemplate, validateTemplateSelector } from "../core/pod-template.ts";
import { nonNegative, oneOf } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { DaemonSet, DaemonSetUpdateStrategy } from "../generated/apps/v1.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";
import { formatLabelSelector } from "../selectors.ts";
import { isNone, validateAlwaysRestarts, validateIntOrPercent, validateNotOverHundredPercent } from "./workload.ts";

/** The template's generation, which old clients read. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

export const daemonSetKind = defineKind<DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  setDefaults({ spec }) {
    if (spec === undefined) return;
    setPodTemplateDefaults(spec.template);
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= "RollingUpdate";
    if (spec.updateStrategy.type === "RollingUpdate") {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
  },
  prepareForCreate(daemonSet) {
    annotate(daemonSet, 1);
    daemonSet.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
  },
  prepareForUpdate(daemonSet, old) {
    const before = Number(old.metadata?.annotations?.[TEMPLATE_GENERATION] ?? 1);
    const same = immutable(daemonSet.spec?.template, old.spec?.template, "").length === 0;
    annotate(daemonSet, same ? before : before + 1);
  },
  validate: ({ spec }) => [
    ...validatePodTemplate(spec?.template, "spec.template"),
    ...validateTemplateSelector(spec?.selector, spec?.template, { field: "spec", kind: "daemonset" }),
    ...validateAlwaysRestarts(spec?.template, "DaemonSet"),
    ...nonNegative(spec?.minReadySeconds, "spec.minReadySeconds"),
    ...nonNegative(spec?.revisionHistoryLimit, "spec.revisionHistoryLimit"),
    ...validateStrategy(spec?.updateStrategy, "spec.updateStrategy"),
  ],
  validateUpdate: (daemonSet, old) => immutable(daemonSet.spec?.selector, old.spec?.selector, "spec.selector"),
  validateStatusUpdate: ({ status }) =>
    (
      [
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
        "observedGeneration",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberUnavailable",
      ] as const
    ).flatMap((key) => nonNegative(status?.[key], `status.${key}`)),
  columns: [
    nameColumn,
    integerColumn<DaemonSet>(
      "Desired",
      "The total number of nodes that should be running the daemon pod.",
      ({ status }) => status?.desiredNumberScheduled,
    ),
    integerColumn<DaemonSet>(
      "Current",
      "The number of nodes that are running at least 1 daemon pod and are supposed to run the daemon pod.",
      ({ status }) => status?.currentNumberScheduled,
    ),
    integerColumn<DaemonSet>(
      "Ready",
      "The number of nodes that should be running the daemon pod and have one or more of the daemon pod running with a Ready Condition.",
      ({ status }) => status?.numberReady,
    ),
    integerColumn<DaemonSet>(
      "Up-to-date",
      "The total number of nodes that are running updated daemon pod",
      ({ status }) => status?.updatedNumberScheduled,
    ),
    integerColumn<DaemonSet>(
      "Available",
      "The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and available.",
      ({ status }) => status?.numberAvailable,
    ),
    textColumn<DaemonSet>("Node Selector", "Labels that a node must have for the pod to fit on it.", ({ spec }) =>
      formatLabels(spec?.template?.spec?.nodeSelector),
    ),
    ageColumn,
    ...containerColumns<DaemonSet>(({ spec }) => spec?.template),
    wide(
      textColumn<DaemonSet>("Selector", "A label query over pods that are managed by the daemon set.", ({ spec }) =>
        formatLabelSelector(spec?.selector),
      ),
    ),
  ],
});

function annotate(daemonSet: DaemonSet, generation: number): void {
  const meta = (daemonSet.metadata ??= {});
  meta.annotations = { ...meta.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

function validateStrategy(strategy: DaemonSetUpdateStrategy | undefined, field: string): FieldError[] {
  if (strategy?.type === "OnDelete") return [];
  if (strategy?.type !== "RollingUpdate") return oneOf(strategy?.type, ["OnDelete", "RollingUpdate"], `${field}.type`);
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
