import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceQuota } from "../generated/core/v1.ts";
import { type LimitedResource, uncoveredUse } from "./limited-resources.ts";
import { quotaUse } from "./usage.ts";

const quota = (hard: Record<string, string>, spec: object = {}): ResourceQuota => ({
  spec: { hard, ...spec },
  status: { hard, used: {} },
});
const highOnly = {
  scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }] },
};
const gold: LimitedResource = {
  resource: "persistentvolumeclaims",
  matchContains: ["gold.storageclass.storage.k8s.io/requests.storage"],
};
const high: LimitedResource = {
  resource: "pods",
  matchScopes: [{ scopeName: "PriorityClass", operator: "In", values: ["high", "higher"] }],
};
const claim = (storageClassName: string) => ({
  spec: { storageClassName, resources: { requests: { storage: "1Gi" } } },
});
const pod = (priorityClassName?: string) => ({
  spec: { containers: [{ name: "a" }], ...(priorityClassName === undefined ? {} : { priorityClassName }) },
});

test("what is limited is used only where a quota speaks of it", () => {
  const goldHard = { "gold.storageclass.storage.k8s.io/requests.storage": "10Gi" };
  const cases: [string, ResourceQuota[], string, object, LimitedResource[], string | undefined][] = [
    ["nothing limited", [], "pods", pod("high"), [], undefined],
    [
      "no quota",
      [],
      "persistentvolumeclaims",
      claim("gold"),
      [gold],
      "insufficient quota to consume: gold.storageclass.storage.k8s.io/requests.storage",
    ],
    ["another class", [], "persistentvolumeclaims", claim("tin"), [gold], undefined],
    ["covered", [quota(goldHard)], "persistentvolumeclaims", claim("gold"), [gold], undefined],
    [
      "a quota of something else",
      [quota({ pods: "1" })],
      "persistentvolumeclaims",
      claim("gold"),
      [gold],
      "insufficient quota to consume: gold.storageclass.storage.k8s.io/requests.storage",
    ],
    [
      "a priority without a quota",
      [quota({ pods: "1" })],
      "pods",
      pod("high"),
      [high],
      "insufficient quota to match these scopes: [{PriorityClass In [high higher]}]",
    ],
    ["a priority with one", [quota({ pods: "1" }, highOnly)], "pods", pod("high"), [high], undefined],
    [
      "a quota for another priority",
      [quota({ pods: "1" }, highOnly)],
      "pods",
      pod("higher"),
      [high],
      "insufficient quota to match these scopes: [{PriorityClass In [high higher]}]",
    ],
    ["no priority", [], "pods", pod(), [high], undefined],
    ["objects of another kind", [], "configmaps", {}, [high, gold], undefined],
  ];
  for (const [name, quotas, resource, object, limited, expected] of cases) {
    const request = { resource, object, use: quotaUse(resource, object) };
    assert.equal(uncoveredUse(quotas, request, limited), expected, name);
  }
});
