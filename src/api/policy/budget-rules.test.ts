import assert from "node:assert/strict";
import { test } from "node:test";
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
