import assert from "node:assert/strict";
import { test } from "node:test";
import type { MetricSpec } from "../generated/autoscaling/v2.ts";
import { validateMetric } from "./validate-metric.ts";

const metric = { name: "requests" };
const describedObject = { kind: "Service", name: "web" };

const cases: readonly [string, object, readonly string[]][] = [
  [
    "utilization",
    { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } } },
    [],
  ],
  [
    "no target",
    { type: "Resource", resource: { name: "cpu", target: { type: "Utilization" } } },
    [
      "m.resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization",
    ],
  ],
  [
    "both targets",
    {
      type: "Resource",
      resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 1, averageValue: "1" } },
    },
    ["m.resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization"],
  ],
  [
    "a container without name",
    {
      type: "ContainerResource",
      containerResource: { name: "cpu", target: { type: "AverageValue", averageValue: "1" } },
    },
    ["m.containerResource.container: Required value: must specify a container"],
  ],
  [
    "pods with nothing to reach",
    { type: "Pods", pods: { metric, target: { type: "AverageValue", averageValue: "0" } } },
    ['m.pods.target.averageValue: Invalid value: "0": must be positive'],
  ],
  [
    "pods with no average to reach",
    { type: "Pods", pods: { metric, target: { type: "AverageValue", value: "1" } } },
    ["m.pods.target.averageValue: Required value: must specify a positive target averageValue"],
  ],
  [
    "a metric without a type",
    {},
    [
      "m.type: Required value: must specify a metric source type",
      'm.type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
    ],
  ],
  [
    "another source than the type names",
    { type: "Pods", resource: { name: "cpu", target: {} } },
    [
      "m.resource.target.type: Required value: must specify a metric target type",
      'm.resource.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue',
      "m.resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization",
      "m.pods: Required value: must populate information for the given metric source",
    ],
  ],
  [
    "a container that cannot be",
    {
      type: "ContainerResource",
      containerResource: { name: "gold", container: "a", target: { type: "AverageValue", averageValue: "1" } },
    },
    [
      'm.containerResource.name: Invalid value: "gold": must be a standard resource type or fully qualified',
      'm.containerResource.name: Invalid value: "gold": must be a standard resource for containers',
    ],
  ],
  ["an object", { type: "Object", object: { metric, describedObject, target: { type: "Value", value: "5" } } }, []],
  [
    "an unknown type of target",
    { type: "External", external: { metric: {}, target: { type: "Most", value: "5" } } },
    [
      "m.external.metric.name: Required value: must specify a metric name",
      'm.external.target.type: Invalid value: "Most": must be either Utilization, Value, or AverageValue',
    ],
  ],
  [
    "two sources",
    { type: "Object", object: { metric, describedObject, target: { type: "Value", value: "5" } }, pods: {} },
    ["m.pods: Forbidden: must populate the given metric source only"],
  ],
];

for (const [title, given, expected] of cases) {
  test(`a metric of an autoscaler: ${title}`, () => {
    const errors = validateMetric(given as MetricSpec, "m");
    assert.deepEqual(
      errors.map((each) => `${each.field}: ${each.message}`),
      expected,
    );
  });
}
