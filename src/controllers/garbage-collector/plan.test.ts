import assert from "node:assert/strict";
import { test } from "node:test";
import type { OwnerReference } from "../../api/meta.ts";
import { type DependentPlan, type OwnerState, planDependent } from "./plan.ts";

const owner = (uid: string): OwnerReference => ({ apiVersion: "v1", kind: "Pod", name: uid, uid });
const remove = (propagationPolicy: "Orphan" | "Background" | "Foreground", unblock = false): DependentPlan => ({
  action: "delete",
  propagationPolicy,
  unblock,
});

const cases: {
  name: string;
  states: OwnerState[];
  dependents?: ("deletion" | undefined)[];
  finalizers?: string[];
  plan: DependentPlan;
}[] = [
  { name: "no owners", states: [], plan: { action: "keep" } },
  { name: "an owner that is there", states: ["solid"], plan: { action: "keep" } },
  { name: "an owner that is gone", states: ["absent"], plan: remove("Background") },
  {
    name: "one there, one gone",
    states: ["solid", "absent"],
    plan: { action: "dropReferences", owners: [owner("0")] },
  },
  {
    name: "one there, one waiting",
    states: ["waiting", "solid"],
    plan: { action: "dropReferences", owners: [owner("1")] },
  },
  { name: "a waiting owner, nothing of its own", states: ["waiting"], plan: remove("Background") },
  { name: "a waiting owner, and dependents", states: ["waiting"], dependents: [undefined], plan: remove("Foreground") },
  {
    name: "a waiting owner, and a dependent that waits too: a cycle",
    states: ["waiting"],
    dependents: ["deletion"],
    plan: remove("Foreground", true),
  },
  { name: "gone, but the object orphans", states: ["absent"], finalizers: ["orphan"], plan: remove("Orphan") },
  {
    name: "gone, and the object is deleted in the foreground",
    states: ["absent"],
    finalizers: ["foregroundDeletion"],
    plan: remove("Foreground"),
  },
];
for (const { name, states, dependents, finalizers, plan } of cases) {
  test(`dependent: ${name}`, () => {
    const ownerReferences = states.map((_, index) => owner(String(index)));
    const object = { metadata: { ownerReferences, finalizers: finalizers ?? [] } };
    const known = new Map(states.map((state, index) => [String(index), state]));
    const own = (dependents ?? []).map((waitsFor) => ({ waitsFor }));
    assert.deepEqual(planDependent(object, known, own), plan);
  });
}
