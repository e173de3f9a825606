import assert from "node:assert/strict";
import { test } from "node:test";
import type { HorizontalPodAutoscalerSpec } from "../generated/autoscaling/v2.ts";
import { horizontalPodAutoscalerKind } from "./horizontal-pod-autoscaler.ts";
import { horizontalPodAutoscalerV1Kind } from "./horizontal-pod-autoscaler-v1.ts";

const scaleTargetRef = { kind: "Deployment", name: "web" };
const object = (spec: Partial<HorizontalPodAutoscalerSpec>, status?: object) => ({
  metadata: { name: "a" },
  spec: { scaleTargetRef, maxReplicas: 3, ...spec },
  ...(status && { status }),
});
const texts = (errors: readonly { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);
const down = (scaleDown: object) => ({ behavior: { scaleDown } }) as Partial<HorizontalPodAutoscalerSpec>;
const policies = [{ type: "Pods", value: 1, periodSeconds: 15 }];

const cases: readonly [string, Partial<HorizontalPodAutoscalerSpec>, number | undefined, readonly string[]][] = [
  [
    "none at all",
    { minReplicas: 0 },
    undefined,
    [
      "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
      "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas",
    ],
  ],
  [
    "none at all, as before",
    { minReplicas: 0 },
    0,
    [
      "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas",
    ],
  ],
  [
    "no policies",
    down({ policies: [], selectPolicy: "Best" }),
    undefined,
    [
      'spec.behavior.scaleDown.selectPolicy: Unsupported value: "Best": supported values: "Disabled", "Max", "Min"',
      "spec.behavior.scaleDown.policies: Required value: must specify at least one Policy",
    ],
  ],
  [
    "a tolerance",
    down({ policies, tolerance: "-1" }),
    undefined,
    ['spec.behavior.scaleDown.tolerance: Invalid value: "-1": must be greater than or equal to 0'],
  ],
];
for (const [name, spec, before, expected] of cases) {
  test(`an autoscaler: ${name}`, () => {
    const old = before === undefined ? undefined : object({ minReplicas: before });
    assert.deepEqual(texts(horizontalPodAutoscalerKind.validate!(object(spec), old)), expected);
  });
}

test("an autoscaler of the old version has the rules of what it becomes", () => {
  const annotations = { "autoscaling.alpha.kubernetes.io/metrics": JSON.stringify([{ type: "Pods" }]) };
  const old = { metadata: { name: "a", annotations }, spec: { scaleTargetRef, maxReplicas: 0 } };
  assert.deepEqual(texts(horizontalPodAutoscalerV1Kind.validate!(old)).slice(0, 1), [
    "spec.maxReplicas: Invalid value: 0: must be greater than 0",
  ]);
  assert.ok(
    texts(horizontalPodAutoscalerV1Kind.validate!(old)).includes(
      "spec.metrics[0].pods: Required value: must populate information for the given metric source",
    ),
  );
});

test("counts of an autoscaler's status", () => {
  const made = object({}, { currentReplicas: -1, desiredReplicas: -2 });
  assert.deepEqual(texts(horizontalPodAutoscalerKind.validateStatusUpdate!(made, made)), [
    "status.currentReplicas: Invalid value: -1: must be greater than or equal to 0",
    "status.desiredReplicas: Invalid value: -2: must be greater than or equal to 0",
  ]);
});
