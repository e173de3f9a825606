import { ageColumn, nameColumn } from "../columns.ts";
import { named } from "../field-checks.ts";
import { duplicate, type FieldError, invalid, required, tooMany } from "../field-error.ts";
import type {
  PodGroup,
  PodGroupSchedulingPolicy,
  PodGroupTemplate,
  Workload,
} from "../generated/scheduling.k8s.io/v1alpha2.ts";
import { defineKind } from "../kind.ts";
import { validateConditions } from "../metav1-conditions.ts";
import { dnsLabelErrors, dnsSubdomainErrors, pathSegmentErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";

const GROUP = "scheduling.k8s.io";
const TEMPLATES_MAX = 8;
const TEMPLATES = "spec.podGroupTemplates";

/** Pods that are scheduled together. */
export const podGroupKind = defineKind<PodGroup>({
  group: GROUP,
  version: "v1alpha2",
  kind: "PodGroup",
  withoutGeneration: true,
  statusKeepsMetadata: true,
  prepareForCreate(group) {
    group.status = {};
  },
  // What a group is never changes: it is looked at once.
  validateCreate({ spec }) {
    const errors = validatePolicy(spec?.schedulingPolicy, "spec.schedulingPolicy");
    const template = spec?.podGroupTemplateRef;
    if (!template) return errors;
    const field = "spec.podGroupTemplateRef";
    if (!template.workload) return [...errors, invalid(field, "", "must specify one of: `workload`")];
    return [
      ...errors,
      ...named(template.workload.workloadName, dnsSubdomainErrors, `${field}.workload.workloadName`),
      ...named(template.workload.podGroupTemplateName, dnsLabelErrors, `${field}.workload.podGroupTemplateName`),
    ];
  },
  validateStatusUpdate: ({ status }) => validateConditions(status?.conditions, "status.conditions"),
  validateUpdate: (group, old) =>
    (Object.keys({ ...old.spec, ...group.spec }) as (keyof PodGroup["spec"])[]).flatMap((key) =>
      immutable(group.spec?.[key], old.spec?.[key], `spec.${key}`),
    ),
  columns: [nameColumn, ageColumn],
});

/** What groups of pods are made from. */
export const workloadKind = defineKind<Workload>({
  group: GROUP,
  version: "v1alpha2",
  kind: "Workload",
  validate: ({ spec }) => validateCount(spec?.podGroupTemplates ?? [], TEMPLATES),
  validateCreate({ spec }) {
    const templates = spec?.podGroupTemplates ?? [];
    const errors = templates.length > TEMPLATES_MAX ? [] : validateTemplates(templates, TEMPLATES);
    const owner = spec?.controllerRef;
    if (owner === undefined) return errors;
    return [
      ...errors,
      ...(owner.apiGroup ? dnsSubdomainErrors(owner.apiGroup) : []).map((why) =>
        invalid("spec.controllerRef.apiGroup", owner.apiGroup, why),
      ),
      ...named(owner.kind, pathSegmentErrors, "spec.controllerRef.kind"),
      ...named(owner.name, pathSegmentErrors, "spec.controllerRef.name"),
    ];
  },
  validateUpdate: ({ spec }, old) => [
    ...immutable(spec?.podGroupTemplates, old.spec?.podGroupTemplates, TEMPLATES),
    ...immutable(spec?.controllerRef, old.spec?.controllerRef, "spec.controllerRef"),
  ],
  columns: [nameColumn, ageColumn],
});

function validateCount(templates: readonly PodGroupTemplate[], field: string): FieldError[] {
  if (templates.length === 0) return [required(field, "must have at least one item")];
  return templates.length > TEMPLATES_MAX ? [tooMany(field, templates.length, TEMPLATES_MAX)] : [];
}

function validateTemplates(templates: readonly PodGroupTemplate[], field: string): FieldError[] {
  return templates.flatMap((template, index) => {
    const path = `${field}[${index}]`;
    const isSecond = templates.findIndex(({ name }) => name === template.name) < index;
    return [
      ...(isSecond ? [duplicate(path, template)] : []),
      ...named(template.name, dnsLabelErrors, `${path}.name`),
      ...validatePolicy(template.schedulingPolicy, `${path}.schedulingPolicy`),
    ];
  });
}

function validatePolicy(policy: PodGroupSchedulingPolicy | undefined, field: string): FieldError[] {
  const { basic, gang } = policy ?? {};
  if (basic === undefined && gang === undefined) {
    return [invalid(field, "", "must specify one of: `basic`, `gang`")];
  }
  if (basic !== undefined && gang !== undefined) {
    return [invalid(field, "{basic, gang}", "must specify exactly one of: `basic`, `gang`")];
  }
  if (gang === undefined) return [];
  if (!gang.minCount) return [required(`${field}.gang.minCount`)];
  return gang.minCount < 1
    ? [invalid(`${field}.gang.minCount`, gang.minCount, "must be greater than or equal to 1")]
    : [];
}
