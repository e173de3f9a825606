import assert from "node:assert/strict";
import { test } from "node:test";
import type { LabelSelector } from "../generated/meta/v1.ts";
import type { PodDisruptionBudget } from "../generated/policy/v1.ts";
import { podDisruptionBudgetKind } from "./pod-disruption-budget.ts";

const texts = (errors: readonly { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);

test("a budget says one of two things", () => {
  const budget: PodDisruptionBudget = {
    spec: { minAvailable: 1, maxUnavailable: "50%", unhealthyPodEvictionPolicy: "" },
  };
  assert.deepEqual(texts(podDisruptionBudgetKind.validate!(budget)), [
    'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"50%","UnhealthyPodEvictionPolicy":""}: minAvailable and maxUnavailable cannot be both set',
    'spec.unhealthyPodEvictionPolicy: Unsupported value: "": supported values: "AlwaysAllow", "IfHealthyBudget"',
  ]);
});

test("conditions of a budget are whole", () => {
  const condition = { type: "a b", status: "Maybe", reason: "-", message: "", lastTransitionTime: "" };
  const budget = { status: { conditions: [condition], currentHealthy: -1 } } as unknown as PodDisruptionBudget;
  const fields = podDisruptionBudgetKind.validateStatusUpdate!(budget, budget).map(({ field, reason }) => [
    field,
    reason,
  ]);
  assert.deepEqual(fields, [
    ["status.conditions[0].type", "FieldValueInvalid"],
    ["status.conditions[0].status", "FieldValueNotSupported"],
    ["status.conditions[0].lastTransitionTime", "FieldValueRequired"],
    ["status.conditions[0].reason", "FieldValueInvalid"],
    ["status.currentHealthy", "FieldValueInvalid"],
  ]);
});

test("the label of the beta version says nothing but none", () => {
  const key = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";
  const selected = (selector: LabelSelector): LabelSelector | undefined => {
    const budget: PodDisruptionBudget = { spec: { selector } };
    podDisruptionBudgetKind.setDefaults!(budget);
    return budget.spec?.selector;
  };
  const none = { matchExpressions: [{ key, operator: "Exists" }] };
  const other = { key: "a", operator: "Exists" };
  assert.deepEqual(selected(none), { matchExpressions: [{ key, operator: "Exists" }] });
  assert.deepEqual(selected({ matchExpressions: [{ key, operator: "DoesNotExist" }] }), {});
  assert.deepEqual(selected({ ...none, matchLabels: { a: "b" } }), { matchLabels: { a: "b" } });
  assert.deepEqual(selected({ matchExpressions: [...none.matchExpressions, other] }), { matchExpressions: [other] });
});
