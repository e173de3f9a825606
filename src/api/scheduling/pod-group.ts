import { ageColumn, nameColumn } from "../columns.ts";
import { named, optionalOneOf, requiredText, uniqueness } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required, tooMany } from "../field-error.ts";
import type {
  PodGroup,
  PodGroupResourceClaim,
  PodGroupSchedulingPolicy,
  PodGroupTemplate,
  Workload,
} from "../generated/scheduling.k8s.io/v1alpha2.ts";
import { defineKind } from "../kind.ts";
import { dnsLabelErrors, dnsSubdomainErrors, pathSegmentErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";

const GROUP = "scheduling.k8s.io";
const TEMPLATES_MAX = 8;
const CLAIMS_MAX = 4;

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
  validate({ spec }) {
    const errors = validateGroup(spec ?? {}, "spec");
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
  validate({ spec }) {
    const templates = spec?.podGroupTemplates ?? [];
    const field = "spec.podGroupTemplates";
    const errors: FieldError[] = [];
    if (templates.length === 0) errors.push(required(field, "must have at least one item"));
    if (templates.length > TEMPLATES_MAX) errors.push(tooMany(field, templates.length, TEMPLATES_MAX));
    const unique = uniqueness();
    templates.forEach((template, index) => {
      const path = `${field}[${index}]`;
      errors.push(...named(template.name, dnsLabelErrors, `${path}.name`), ...unique(template.name, `${path}.name`));
      errors.push(...validateGroup(template, path));
    });
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
    ...immutable(spec?.podGroupTemplates, old.spec?.podGroupTemplates, "spec.podGroupTemplates"),
    ...(old.spec?.controllerRef === undefined
      ? []
      : immutable(spec?.controllerRef, old.spec.controllerRef, "spec.controllerRef")),
  ],
  columns: [nameColumn, ageColumn],
});

type Group = Partial<Pick<PodGroupTemplate, "schedulingPolicy" | "resourceClaims" | "disruptionMode">>;

function validateGroup({ schedulingPolicy, resourceClaims = [], disruptionMode }: Group, field: string): FieldError[] {
  return [
    ...validatePolicy(schedulingPolicy, `${field}.schedulingPolicy`),
    ...validateClaims(resourceClaims, `${field}.resourceClaims`),
    ...optionalOneOf(disruptionMode, ["Pod", "PodGroup"], `${field}.disruptionMode`),
  ];
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

function validateClaims(claims: readonly PodGroupResourceClaim[], field: string): FieldError[] {
  const unique = uniqueness();
  const errors = claims.length > CLAIMS_MAX ? [tooMany(field, claims.length, CLAIMS_MAX)] : [];
  claims.forEach(({ name, resourceClaimName, resourceClaimTemplateName }, index) => {
    const path = `${field}[${index}]`;
    errors.push(...named(name, dnsLabelErrors, `${path}.name`), ...unique(name, `${path}.name`));
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      const message = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
      errors.push(forbiddenField(path, message));
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      const message = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
      errors.push(...requiredText("", path, message));
    }
  });
  return errors;
}
