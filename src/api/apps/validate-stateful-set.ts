import { validatePodTemplate, validateTemplateMatch, validateWorkloadSelector } from "../core/pod-template.ts";
import { validateClaimSpec } from "../core/validate-claim-spec.ts";
import { nonNegative } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type {
  RollingUpdateStatefulSetStrategy,
  StatefulSet,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
} from "../generated/apps/v1.ts";
import type { PodTemplateSpec, Volume } from "../generated/core/v1.ts";
import { equalJson } from "../patch/json-value.ts";
import { validateLabelSelector } from "../selectors.ts";
import { isNone, shownStrategy, validateIntOrPercent, validateNotOverHundredPercent } from "./workload.ts";

const MANAGEMENT_POLICIES = ["OrderedReady", "Parallel"];
const RETENTION_POLICIES = ["Retain", "Delete"];

/** What is wrong with a stateful set; on update what did not change is not looked at again. */
export function validateStatefulSet({ spec }: StatefulSet, old?: StatefulSet): FieldError[] {
  const { podManagementPolicy: policy, persistentVolumeClaimRetentionPolicy: retention } = spec ?? {};
  const errors: FieldError[] = [];
  if (!policy) errors.push(required("spec.podManagementPolicy"));
  else if (!MANAGEMENT_POLICIES.includes(policy)) {
    errors.push(invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'"));
  }
  errors.push(...validateUpdateStrategy(spec?.updateStrategy, "spec.updateStrategy"));
  for (const key of ["whenDeleted", "whenScaled"] as const) {
    const value = retention?.[key];
    if (retention === undefined || RETENTION_POLICIES.includes(value ?? "")) continue;
    const path = `spec.persistentVolumeClaimRetentionPolicy.${key}`;
    errors.push(notSupported(path, value ?? "", RETENTION_POLICIES));
  }
  return [
    ...errors,
    ...nonNegative(spec?.replicas, "spec.replicas"),
    ...nonNegative(spec?.minReadySeconds, "spec.minReadySeconds"),
    ...nonNegative(spec?.ordinals?.start, "spec.ordinals.start"),
    ...validateClaimTemplates(spec, old?.spec),
    ...validateWorkloadSelector(spec?.selector, "spec.selector", "statefulset"),
    ...validateTemplate(spec, old?.spec),
  ];
}

const shownRollingUpdate = ({ partition, maxUnavailable }: RollingUpdateStatefulSetStrategy): object => ({
  Partition: partition ?? 0,
  MaxUnavailable: maxUnavailable ?? null,
});

function validateUpdateStrategy(strategy: StatefulSetUpdateStrategy | undefined, field: string): FieldError[] {
  const { type, rollingUpdate } = strategy ?? {};
  const path = `${field}.rollingUpdate`;
  switch (type ?? "") {
    case "":
      return [required(field)];
    case "OnDelete":
      return rollingUpdate === undefined
        ? []
        : [invalid(path, shownRollingUpdate(rollingUpdate), "only allowed for updateStrategy 'RollingUpdate'")];
    case "RollingUpdate":
      break;
    default:
      return [invalid(field, shownStrategy(strategy), "must be 'RollingUpdate' or 'OnDelete'")];
  }
  const { partition, maxUnavailable } = rollingUpdate ?? {};
  const errors = nonNegative(partition, `${path}.partition`);
  if (maxUnavailable === undefined) return errors;
  errors.push(...validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`));
  if (isNone(maxUnavailable)) errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, "cannot be 0"));
  return [...errors, ...validateNotOverHundredPercent(maxUnavailable, `${path}.maxUnavailable`)];
}

function validateClaimTemplates(spec: StatefulSetSpec | undefined, old: StatefulSetSpec | undefined): FieldError[] {
  const claims = spec?.volumeClaimTemplates ?? [];
  if (old !== undefined && equalJson(claims, old.volumeClaimTemplates ?? [])) return [];
  return claims.flatMap((claim, index) =>
    validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${index}].spec`),
  );
}

function validateTemplate(spec: StatefulSetSpec | undefined, old: StatefulSetSpec | undefined): FieldError[] {
  const { selector, template } = spec ?? {};
  const errors: FieldError[] = [];
  if (validateLabelSelector(selector, "").length > 0) errors.push(invalid("spec.selector", selector, ""));
  else {
    errors.push(...validateTemplateMatch(selector, template, "spec.template"));
    if (old === undefined || !equalJson(template, old.template)) {
      errors.push(...validatePodTemplate(withClaims(spec), "spec.template", old?.template));
    }
  }
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {};
  if (restartPolicy !== "Always") {
    errors.push(notSupported("spec.template.spec.restartPolicy", restartPolicy ?? "", ["Always"]));
  }
  if (activeDeadlineSeconds !== undefined) {
    const message = "activeDeadlineSeconds in StatefulSet is not Supported";
    errors.push(forbiddenField("spec.template.spec.activeDeadlineSeconds", message));
  }
  return errors;
}

/** The template as its pods will have it: claims of the set come first, and stand in for volumes of the same name. */
function withClaims(spec: StatefulSetSpec | undefined): PodTemplateSpec | undefined {
  const { template, volumeClaimTemplates = [] } = spec ?? {};
  if (template?.spec === undefined || volumeClaimTemplates.length === 0) return template;
  const names = volumeClaimTemplates.map((claim) => claim.metadata?.name ?? "");
  const volumes: Volume[] = [
    ...names.map((name) => ({ name, persistentVolumeClaim: { claimName: name || "claim" } })),
    ...(template.spec.volumes ?? []).filter((volume) => !names.includes(volume.name)),
  ];
  return { ...template, spec: { ...template.spec, volumes } };
}
