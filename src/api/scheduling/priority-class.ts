import { ageColumn, booleanColumn, integerColumn, nameColumn, textColumn } from "../columns.ts";
import { optionalOneOf } from "../field-checks.ts";
import { type FieldError, forbiddenField } from "../field-error.ts";
import type { PriorityClass } from "../generated/scheduling.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";

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
  prepareForUpdate: countGeneration,
  validate: validateClass,
  validateUpdate: (each, old) => [
    ...(each.value === old.value ? [] : [forbiddenField("value", "may not be changed in an update.")]),
    ...immutable(each.preemptionPolicy, old.preemptionPolicy, "preemptionPolicy"),
  ],
  columns: [
    nameColumn,
    integerColumn<PriorityClass>("Value", "The integer value of this priority class.", ({ value }) => value),
    booleanColumn<PriorityClass>(
      "Global-Default",
      "Whether this is the priority of pods that have no class.",
      ({ globalDefault }) => globalDefault ?? false,
    ),
    ageColumn,
    textColumn<PriorityClass>(
      "PreemptionPolicy",
      "The policy for preempting pods with lower priority.",
      ({ preemptionPolicy }) => preemptionPolicy ?? "",
    ),
  ],
});

function validateClass(each: PriorityClass): FieldError[] {
  const name = each.metadata?.name ?? "";
  const errors: FieldError[] = [];
  if (name.startsWith("system-")) {
    if (SYSTEM_PRIORITIES[name] !== each.value) {
      errors.push(
        forbiddenField("metadata.name", "priority class names with 'system-' prefix are reserved for system use only"),
      );
    }
  } else if ((each.value ?? 0) > USER_PRIORITY_MAX) {
    errors.push(forbiddenField("value", `maximum allowed value of a user defined priority is ${USER_PRIORITY_MAX}`));
  }
  return [...errors, ...optionalOneOf(each.preemptionPolicy, ["Never", "PreemptLowerPriority"], "preemptionPolicy")];
}
