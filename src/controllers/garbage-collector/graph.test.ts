import assert from "node:assert/strict";
import { test } from "node:test";
import { pods as podResource } from "../../api/generated/resources.ts";
import type { OwnerReference, ResourceReference } from "../../api/meta.ts";
import type { DiscoveredResource } from "../discovery.ts";
import { OwnerGraph } from "./graph.ts";
import type { OwnerFacts } from "./owner-facts.ts";

const resource = (kind: string): DiscoveredResource => ({
  group: "",
  version: "v1",
  resource: `${kind.toLowerCase()}s`,
  kind,
  namespaced: true,
  verbs: [],
});

function object(uid: string, owners: OwnerReference[] = [], of: Partial<OwnerFacts> = {}): OwnerFacts {
  const base = { resource: resource("Pod"), uid, namespace: "default", name: uid, owners };
  return { ...base, beingDeleted: of.waitsFor !== undefined, waitsFor: undefined, ...of };
}

const ownedBy = (uid: string, of: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: "v1",
  kind: "Pod",
  name: uid,
  uid,
  blockOwnerDeletion: true,
  ...of,
});

function graphOf(...objects: OwnerFacts[]): OwnerGraph {
  const graph = new OwnerGraph();
  for (const each of objects) graph.set(each);
  return graph;
}

test("when an owner goes, its dependents are looked at", () => {
  const graph = graphOf(object("owner"), object("a", [ownedBy("owner")]), object("b", [ownedBy("owner")]));
  assert.deepEqual(graph.remove("owner").look, ["a", "b"]);
});

test("a dependent of an unknown owner is looked at once, one of a known owner is not", () => {
  const graph = graphOf(object("owner"));
  assert.deepEqual(graph.set(object("a", [ownedBy("owner")])).look, []);
  assert.deepEqual(graph.set(object("b", [ownedBy("gone")])).look, ["b"]);
  assert.deepEqual(graph.set(object("b", [ownedBy("gone")])).look, []);
});

test("foreground deletion looks at the owner and all it owns, and again as they go", () => {
  const graph = graphOf(object("owner"), object("a", [ownedBy("owner")]));
  assert.deepEqual(graph.set(object("owner", [], { waitsFor: "deletion" })).look, ["owner", "a"]);
  assert.deepEqual(
    graph.blockingDependentsOf("owner").map(({ uid }) => uid),
    ["a"],
  );
  assert.deepEqual(graph.set(object("late", [ownedBy("owner")])).look, ["late"]);
  assert.deepEqual(graph.remove("a").look, ["owner"]);
  assert.deepEqual(graph.set(object("late", [ownedBy("owner", { blockOwnerDeletion: false })])).look, ["owner"]);
  assert.deepEqual(graph.blockingDependentsOf("owner"), []);
});

test("orphaning looks at the owner alone", () => {
  const graph = graphOf(object("owner"), object("a", [ownedBy("owner")]));
  assert.deepEqual(graph.set(object("owner", [], { waitsFor: "orphaning" })).look, ["owner"]);
});

const wrong: [string, Partial<OwnerReference>, Partial<OwnerFacts>][] = [
  ["another namespace", {}, { namespace: "other" }],
  ["another name", { name: "other" }, {}],
  ["another kind", { kind: "ConfigMap" }, {}],
  ["another group", { apiVersion: "apps/v1" }, {}],
];
for (const [name, reference, of] of wrong) {
  test(`a reference with the right uid but ${name} is invalid`, () => {
    const graph = graphOf(object("owner"));
    const effect = graph.set(object("a", [ownedBy("owner", reference)], of));
    assert.deepEqual([effect.look, effect.invalid.length], [["a"], 1]);
  });
}

test("a pod is known by its metadata alone", () => {
  const bare = { uid: "pod", name: "pod", namespace: "default" };
  const graph = graphOf(object("owner", [], { resource: resource("ReplicaSet") }));
  assert.deepEqual(graph.set(bare).look, []);
  assert.deepEqual(graph.set(object("claim", [ownedBy("pod")])).look, [], "its owner is there");
  assert.equal(graph.set(object("elsewhere", [ownedBy("pod")], { namespace: "other" })).invalid.length, 1);
  const owned = { ...bare, ownerReferences: [ownedBy("owner", { kind: "ReplicaSet" })] };
  assert.deepEqual(graph.set(owned), { look: [], invalid: [] });
  assert.deepEqual(graph.dependentsOf("owner"), [
    object("pod", owned.ownerReferences, { resource: podResource as ResourceReference }),
  ]);
  const going = { ...owned, deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["foregroundDeletion"] };
  assert.deepEqual(graph.set(going).look, ["pod", "claim", "elsewhere"]);
  assert.deepEqual(graph.set(going).look, [], "nothing has changed");
  assert.deepEqual(graph.remove("pod").look, ["claim", "elsewhere"]);
  assert.deepEqual(graph.dependentsOf("owner"), []);
});

test("a survey finds what came in the wrong order", () => {
  const graph = graphOf(
    object("fine", [ownedBy("owner")]),
    object("owner"),
    object("lost", [ownedBy("gone")]),
    object("going", [], { waitsFor: "deletion" }),
    object("held", [ownedBy("going")]),
  );
  const suspicious = Iterator.from(graph.each()).filter((facts) => graph.isSuspicious(facts));
  assert.deepEqual([...suspicious.map(({ uid }) => uid)].sort(), ["going", "held", "lost"]);
});
