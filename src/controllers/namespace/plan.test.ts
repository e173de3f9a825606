import assert from "node:assert/strict";
import { test } from "node:test";
import type { DiscoveredResource } from "../discovery.ts";
import { conditionsAfter, isEmpty, nextLookMs, type RemainingCount, remainingCount } from "./plan.ts";

function remainingOf(of: DiscoveredResource, objects: readonly Parameters<RemainingCount["add"]>[0][]) {
  const count = remainingCount(of);
  for (const object of objects) count.add(object);
  return count.total();
}

const resource = (name: string, group = ""): DiscoveredResource => ({
  group,
  version: "v1",
  resource: name,
  kind: name,
  namespaced: true,
  verbs: ["delete", "list"],
});
const TIME = "2026-01-01T00:00:00Z";

test("what is left is told per resource and per finalizer", () => {
  const pods = remainingOf(resource("pods"), [
    { metadata: { finalizers: ["a.io/x"] }, spec: { terminationGracePeriodSeconds: 30 } },
    { metadata: {}, spec: { terminationGracePeriodSeconds: 10 } },
  ]);
  const deployments = remainingOf(resource("deployments", "apps"), [
    { metadata: { finalizers: ["a.io/x", "b.io/y"] } },
  ]);
  assert.ok(pods && deployments);
  const pass = { remaining: [pods, deployments], discoveryFailures: [], deletionFailures: [] };
  const conditions = conditionsAfter({}, pass, TIME);
  assert.deepEqual(
    conditions.map(({ type, status, reason }) => [type, status, reason]),
    [
      ["NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered"],
      ["NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions"],
      ["NamespaceDeletionContentFailure", "False", "ContentDeleted"],
      ["NamespaceContentRemaining", "True", "SomeResourcesRemain"],
      ["NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain"],
    ],
  );
  assert.equal(
    conditions[3]?.message,
    "Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances",
  );
  assert.equal(
    conditions[4]?.message,
    "Some content in the namespace has finalizers remaining: a.io/x in 2 resource instances, b.io/y in 1 resource instances",
  );
  assert.equal(isEmpty(pass), false);
  assert.equal(nextLookMs(pass), 15_000);
});

test("nothing left is nothing, and unchanged conditions are the same list", () => {
  assert.equal(remainingOf(resource("pods"), []), undefined);
  const pass = { remaining: [], discoveryFailures: [], deletionFailures: [] };
  assert.equal(isEmpty(pass), true);
  const conditions = [...conditionsAfter({}, pass, TIME)];
  const again = conditionsAfter({ status: { conditions } }, pass, "2026-01-02T00:00:00Z");
  assert.equal(again, conditions);
});

test("failures hold the namespace", () => {
  const pass = { remaining: [], discoveryFailures: ["x/v1: away"], deletionFailures: ["pods.: broken"] };
  const reasons = conditionsAfter({}, pass, TIME).filter(({ status }) => status === "True");
  assert.deepEqual(
    reasons.map(({ reason }) => reason),
    ["DiscoveryFailed", "ContentDeletionFailed"],
  );
  assert.equal(isEmpty(pass), false);
});
