import { ageColumn, nameColumn } from "../columns.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, notSupported, required, tooMany } from "../field-error.ts";
import type { DeviceTaint, DeviceTaintRule } from "../generated/resource.k8s.io/v1beta2.ts";
import { defineKind, type KindDefinition } from "../kind.ts";
import { validateConditions } from "../metav1-conditions.ts";
import { labelValueErrors, qualifiedNameErrors } from "../names.ts";
import { validateDriver, validateLabelName, validatePool } from "./resource-names.ts";

const GROUP = "resource.k8s.io";
const CONDITIONS_MAX = 8;
const EFFECTS = ["NoExecute", "NoSchedule", "None"];

/** What is wrong with a taint of devices. */
export function validateDeviceTaint(
  taint: DeviceTaint | undefined,
  field: string,
  effects: readonly string[] = EFFECTS,
): FieldError[] {
  if (taint === undefined) return [required(field)];
  return [
    ...invalids(`${field}.key`, taint.key ?? "", qualifiedNameErrors(taint.key ?? "")),
    ...(taint.value ? invalids(`${field}.value`, taint.value, labelValueErrors(taint.value)) : []),
    ...validateEffect(taint.effect, effects, `${field}.effect`),
  ];
}

function validateEffect(effect: string | undefined, effects: readonly string[], field: string): FieldError[] {
  if (!effect) return [required(field)];
  return effects.includes(effect) ? [] : [notSupported(field, effect, EFFECTS)];
}

/** Taints devices that somebody else describes. */
export const deviceTaintRuleKinds: readonly KindDefinition[] = ["v1beta2", "v1alpha3"].map((version) =>
  defineKind<DeviceTaintRule>({
    group: GROUP,
    version,
    kind: "DeviceTaintRule",
    statusKeepsMetadata: true,
    prepareForCreate(rule) {
      rule.status = {};
    },
    validate({ spec }, old) {
      const { driver, pool, device } = spec?.deviceSelector ?? {};
      const field = "spec.deviceSelector";
      const known = old?.spec?.taint?.effect;
      return [
        ...(driver === undefined ? [] : validateDriver(driver, `${field}.driver`)),
        ...(pool === undefined ? [] : validatePool(pool, `${field}.pool`)),
        ...(device === undefined ? [] : validateLabelName(device, `${field}.device`)),
        ...validateDeviceTaint(spec?.taint, "spec.taint", known === undefined ? EFFECTS : [...EFFECTS, known]),
      ];
    },
    validateStatusUpdate({ status }) {
      const conditions = status?.conditions ?? [];
      const errors = validateConditions(conditions, "status.conditions");
      if (conditions.length <= CONDITIONS_MAX) return errors;
      return [...errors, tooMany("status.conditions", conditions.length, CONDITIONS_MAX)];
    },
    columns: [nameColumn, ageColumn],
  }),
);
