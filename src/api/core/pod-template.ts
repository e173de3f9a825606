import { type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type { PodSpec, PodTemplateSpec } from "../generated/core/v1.ts";
import { validateAnnotations } from "../object-meta.ts";
import { type LabelSelectorLike, labelSelectorOf, validateLabelSelector, validateLabels } from "../selectors.ts";
import { setPodSpecDefaults } from "./pod-defaults.ts";
import { validatePodAnnotations } from "./validate-pod-annotations.ts";
import { validatePodSpec } from "./validate-pod-spec.ts";

/** Defaults of a workload's pod template. */
export function setPodTemplateDefaults(template: PodTemplateSpec | undefined): void {
  if (template?.spec !== undefined) setPodSpecDefaults(template.spec);
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
  ];
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.push(
      forbiddenField(`${field}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template"),
    );
  }
  return errors;
}

/** What is wrong with a selector that must be there and match its template. */
export function validateTemplateSelector(
  selector: LabelSelectorLike | undefined,
  template: PodTemplateSpec | undefined,
  options: { field: string; kind: string },
): FieldError[] {
  const { field, kind } = options;
  if (selector === undefined) return [required(`${field}.selector`)];
  const errors = validateLabelSelector(selector, `${field}.selector`);
  const size = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length;
  if (size === 0) errors.push(invalid(`${field}.selector`, selector, `empty selector is invalid for ${kind}`));
  if (errors.length > 0 || template === undefined) return errors;
  return labelSelectorOf(selector)(template.metadata?.labels)
    ? []
    : [
        invalid(
          `${field}.template.metadata.labels`,
          template.metadata?.labels ?? null,
          "`selector` does not match template `labels`",
        ),
      ];
}
