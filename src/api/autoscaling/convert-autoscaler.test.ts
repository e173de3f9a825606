import assert from "node:assert/strict";
import { test } from "node:test";
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget } from "../generated/autoscaling/v2.ts";
import { autoscalerFromStored, autoscalerToStored } from "./convert-autoscaler.ts";
import { horizontalPodAutoscalerKind } from "./horizontal-pod-autoscaler.ts";

const describedObject = { kind: "Service", name: "web", apiVersion: "v1" };
const selector = { matchLabels: { a: "b" } };

const metrics: MetricSpec[] = [
  {
    type: "Object",
    object: { describedObject, metric: { name: "hits", selector }, target: { type: "Value", value: "5" } },
  },
  {
    type: "Object",
    object: { describedObject, metric: { name: "m" }, target: { type: "AverageValue", averageValue: "2" } },
  },
  { type: "Pods", pods: { metric: { name: "p" }, target: { type: "AverageValue", averageValue: "3" } } },
  { type: "Resource", resource: { name: "memory", target: { type: "Utilization", averageUtilization: 70 } } },
  { type: "Resource", resource: { name: "cpu", target: { type: "AverageValue", averageValue: "200m" } } },
  {
    type: "ContainerResource",
    containerResource: { name: "cpu", container: "c", target: { type: "Utilization", averageUtilization: 9 } },
  },
  { type: "External", external: { metric: { name: "queue", selector }, target: { type: "Value", value: "30" } } },
  { type: "External", external: { metric: { name: "q" }, target: { type: "AverageValue", averageValue: "4" } } },
];

const currentMetrics: MetricStatus[] = [
  { type: "Pods", pods: { metric: { name: "p" }, current: { averageValue: "3" } } },
  { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 61, averageValue: "100m" } } },
];

function stored(spec: Partial<HorizontalPodAutoscaler["spec"]>, status?: HorizontalPodAutoscaler["status"]) {
  const object: HorizontalPodAutoscaler = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web", annotations: { mine: "1" } },
    spec: { scaleTargetRef: { kind: "Deployment", name: "web" }, minReplicas: 1, maxReplicas: 3, ...spec },
    ...(status !== undefined && { status }),
  };
  return object;
}

test("every kind of metric comes back as it was", () => {
  const original = stored({ metrics });
  assert.deepEqual(autoscalerToStored(autoscalerFromStored(original)), original);
});

test("status comes back as it was, and cpu has its number", () => {
  const conditions = [{ type: "AbleToScale", status: "True", reason: "ReadyForNewScale", message: "fine" }];
  const status = { currentReplicas: 2, desiredReplicas: 3, currentMetrics, conditions };
  const original = stored({ metrics }, status);
  const old = autoscalerFromStored(original);
  assert.equal(old.status?.currentCPUUtilizationPercentage, 61);
  assert.deepEqual(autoscalerToStored(old), original);
});

test("behavior is written as upstream's servers write it, and read in any case", () => {
  const behavior = {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: "Max",
      policies: [{ type: "Pods", value: 4, periodSeconds: 15 }],
      tolerance: "0.1",
    },
    scaleDown: { selectPolicy: "Max", policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] },
  };
  const original = stored({ metrics, behavior });
  const old = autoscalerFromStored(original);
  const text = old.metadata?.annotations?.["autoscaling.alpha.kubernetes.io/behavior"] ?? "";
  assert.match(text, /^\{"ScaleUp":\{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":\[\{"Type":"Pods"/);
  assert.deepEqual(autoscalerToStored(old), original);
});

test("a target of cpu is the number of autoscaling/v1, and 80 where nobody says one", () => {
  const target = { type: "Utilization", averageUtilization: 50 };
  const old = autoscalerFromStored(stored({ metrics: [{ type: "Resource", resource: { name: "cpu", target } }] }));
  assert.equal(old.spec.targetCPUUtilizationPercentage, 50);
  assert.deepEqual(old.metadata?.annotations, { mine: "1" });
  const { targetCPUUtilizationPercentage: _, ...spec } = old.spec;
  const silent = autoscalerToStored({ ...old, spec });
  assert.equal(silent.spec.metrics?.[0]?.resource?.target.averageUtilization, 80);
});

test("annotations that are nonsense count as absent", () => {
  const annotations = {
    "autoscaling.alpha.kubernetes.io/metrics": "{",
    "autoscaling.alpha.kubernetes.io/behavior": "7",
    "autoscaling.alpha.kubernetes.io/conditions": '"x"',
  };
  const old = autoscalerFromStored(stored({}));
  const converted = autoscalerToStored({ ...old, metadata: { ...old.metadata, annotations } });
  assert.equal(converted.spec.behavior, undefined);
  assert.equal(converted.metadata?.annotations, undefined);
});

test("of several metrics of the CPU the one that is a share is the target", () => {
  const cpu = (target: MetricTarget): MetricSpec => ({ type: "Resource", resource: { name: "cpu", target } });
  const { spec } = autoscalerFromStored(
    stored({
      metrics: [
        cpu({ type: "AverageValue", averageValue: "300m" }),
        cpu({ type: "Utilization", averageUtilization: 70 }),
      ],
    }),
  );
  assert.equal(spec?.targetCPUUtilizationPercentage, 70);
});

test("annotations that only autoscaling/v1 has are not to be had in autoscaling/v2", () => {
  const autoscaler = stored({});
  autoscaler.metadata!.annotations!["autoscaling.alpha.kubernetes.io/behavior"] = "any";
  horizontalPodAutoscalerKind.setDefaults!(autoscaler);
  assert.deepEqual(autoscaler.metadata!.annotations, { mine: "1" });
});
