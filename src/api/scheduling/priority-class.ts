import { ageColumn, booleanColumn, integerColumn, nameColumn, textColumn } from "../columns.ts";
import { type FieldError, forbiddenField, notSupported, required } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { PriorityClass } from "../generated/scheduling.k8s.io/v1.ts";
import { startGeneration } from "../generation.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";

const POLICIES = ["PreemptLowerPriority", "Never"];
const USER_PRIORITY_MAX = 1_000_000_000;
/** The two classes that every cluster has. */
const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

export const priorityClassKind = defineKind<PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  setDefaults(each) {
    each.preemptionPolicy ??= "PreemptLowerPriority";
  },
  prepareForCreate: startGeneration,
  validateCreate: validateClass,
  validateUpdate: (each, old) => [
    ...(each.value === old.value ? [] : [forbiddenField("value", "may not be changed in an update.")]),
    ...immutable(each.preemptionPolicy, old.preemptionPolicy, "preemptionPolicy"),
  ],
  columns: [
    nameColumn,
    integerColumn<PriorityClass>("Value", columnTexts["scheduling.v1.PriorityClass.value"], ({ value }) => value),
    booleanColumn<PriorityClass>(
      "Global-Default",
      columnTexts["scheduling.v1.PriorityClass.globalDefault"],
      ({ globalDefault }) => globalDefault ?? false,
    ),
    ageColumn,
    textColumn<PriorityClass>(
      "PreemptionPolicy",
      columnTexts["scheduling.v1.PriorityClass.preemptionPolicy"],
      ({ preemptionPolicy }) => preemptionPolicy ?? "",
    ),
  ],
});

function validateClass({ metadata, value = 0, globalDefault = false, preemptionPolicy }: PriorityClass): FieldError[] {
  const name = metadata?.name ?? "";
  const errors: FieldError[] = [];
  if (name.startsWith("system-")) {
    const problem = systemProblem(name, value, globalDefault);
    const message = `priority class names with 'system-' prefix are reserved for system use only. error: ${problem}`;
    if (problem !== undefined) errors.push(forbiddenField("metadata.name", message));
  } else if (value > USER_PRIORITY_MAX) {
    errors.push(forbiddenField("value", `maximum allowed value of a user defined priority is ${USER_PRIORITY_MAX}`));
  }
  const field = "preemptionPolicy";
  if (preemptionPolicy === undefined || POLICIES.includes(preemptionPolicy)) return errors;
  return [...errors, preemptionPolicy === "" ? required(field) : notSupported(field, preemptionPolicy, POLICIES)];
}

/** What keeps a class from being one of those that every cluster has. */
function systemProblem(name: string, value: number, globalDefault: boolean): string | undefined {
  const known = Object.hasOwn(SYSTEM_PRIORITIES, name) ? SYSTEM_PRIORITIES[name] : undefined;
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}
