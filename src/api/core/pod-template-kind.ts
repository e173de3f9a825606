import { containerColumns, formatLabels, nameColumn, textColumn } from "../columns.ts";
import type { PodTemplate } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { setPodTemplateDefaults, validatePodTemplate } from "./pod-template.ts";
import { isChanged, templateWarnings } from "./workload-warnings.ts";

export const podTemplateKind = defineKind<PodTemplate>({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  countsGeneration: true,
  setDefaults(object) {
    setPodTemplateDefaults((object.template ??= {}));
  },
  validate: ({ template }, old) => validatePodTemplate(template, "template", old?.template),
  warnings: (object, old) => (isChanged(object, old) ? templateWarnings(object.template, "template.") : []),
  columns: [
    nameColumn,
    ...containerColumns<PodTemplate>(({ template }) => template).map(({ priority: _, ...column }) => column),
    textColumn<PodTemplate>("Pod Labels", "The labels for the pod template.", ({ template }) =>
      formatLabels(template?.metadata?.labels),
    ),
  ],
});
