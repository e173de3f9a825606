import { type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type { PodSpec, PodTemplateSpec } from "../generated/core/v1.ts";
import { validateAnnotations } from "../object-meta.ts";
import { type LabelSelectorLike, labelSelectorOf, validateLabelSelector, validateLabels } from "../selectors.ts";
import { setPodSpecDefaults } from "./pod-defaults.ts";
import { validateAnnotationsMatch, validatePodAnnotations } from "./validate-pod-annotations.ts";
import { validatePodSpec } from "./validate-pod-spec.ts";

/** Defaults of a workload's pod template. A spec that is absent is an empty one, as upstream's types have it. */
export function setPodTemplateDefaults(template: PodTemplateSpec | undefined): void {
  if (template !== undefined) setPodSpecDefaults((template.spec ??= { containers: [] }));
}

/** What is wrong with a pod template. @param old what it was before, on update */
export function validatePodTemplate(
  template: PodTemplateSpec | undefined,
  field: string,
  old?: PodTemplateSpec,
): FieldError[] {
  if (template === undefined) return [required(field)];
  const spec = template.spec ?? ({ containers: [] } as PodSpec);
  const errors = [
    ...validateLabels(template.metadata?.labels, `${field}.labels`),
    ...validateAnnotations(template.metadata?.annotations, `${field}.annotations`),
    ...validatePodAnnotations(template.metadata?.annotations, spec, `${field}.annotations`),
    ...validatePodSpec(spec, `${field}.spec`, { isPod: false, old: old?.spec }),
    ...validateAnnotationsMatch(template.metadata?.annotations, spec, `${field}.spec`),
  ];
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.push(
      forbiddenField(`${field}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template"),
    );
  }
  return errors;
}

/** What is wrong with a selector that must be there and say something. @param kind as the message names it */
export function validateWorkloadSelector(
  selector: LabelSelectorLike | undefined,
  field: string,
  kind: string,
): FieldError[] {
  if (selector === undefined) return [required(field)];
  const errors = validateLabelSelector(selector, field);
  if (isEmptySelector(selector)) errors.push(invalid(field, selector, `empty selector is invalid for ${kind}`));
  return errors;
}

export const isEmptySelector = (selector: LabelSelectorLike): boolean =>
  Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;

/** A workload has to find its own pods. A selector that is malformed, or selects everything, is reported elsewhere. */
export function validateTemplateMatch(
  selector: LabelSelectorLike | undefined,
  template: PodTemplateSpec | undefined,
  field: string,
): FieldError[] {
  if (validateLabelSelector(selector, "").length > 0) return [];
  const labels = template?.metadata?.labels;
  return labelSelectorOf(selector)(labels)
    ? []
    : [invalid(`${field}.metadata.labels`, labels ?? null, "`selector` does not match template `labels`")];
}
