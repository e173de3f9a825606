import assert from "node:assert/strict";
import { test } from "node:test";
import { storageKey, storagePrefix } from "./storage-prefix.ts";

/** Keys as upstream's own storage test expects them (test/integration/etcd/data.go): those that are not simply the resource. */
const CASES: readonly (readonly [group: string, resource: string, key: string])[] = [
  ["", "pods", "/registry/pods/ns/x"],
  ["", "services", "/registry/services/specs/ns/x"],
  ["", "endpoints", "/registry/services/endpoints/ns/x"],
  ["", "nodes", "/registry/minions/ns/x"],
  ["", "replicationcontrollers", "/registry/controllers/ns/x"],
  ["", "events", "/registry/events/ns/x"],
  ["events.k8s.io", "events", "/registry/events/ns/x"],
  ["apps", "deployments", "/registry/deployments/ns/x"],
  ["autoscaling", "horizontalpodautoscalers", "/registry/horizontalpodautoscalers/ns/x"],
  ["coordination.k8s.io", "leases", "/registry/leases/ns/x"],
  ["networking.k8s.io", "ingresses", "/registry/ingress/ns/x"],
  ["networking.k8s.io", "ingressclasses", "/registry/ingressclasses/ns/x"],
  ["networking.k8s.io", "ipaddresses", "/registry/ipaddresses/ns/x"],
  ["storage.k8s.io", "storageclasses", "/registry/storageclasses/ns/x"],
  ["internal.apiserver.k8s.io", "storageversions", "/registry/storageversions/ns/x"],
  [
    "apiextensions.k8s.io",
    "customresourcedefinitions",
    "/registry/apiextensions.k8s.io/customresourcedefinitions/ns/x",
  ],
  ["apiregistration.k8s.io", "apiservices", "/registry/apiregistration.k8s.io/apiservices/ns/x"],
];

for (const [group, resource, key] of CASES) {
  test(`${group === "" ? "core" : group} ${resource} lies where upstream keeps it`, () => {
    assert.equal(storageKey(storagePrefix(group, resource), "ns", "x"), key);
  });
}

test("an object without a namespace lies right below its resource", () => {
  assert.equal(storageKey(storagePrefix("", "nodes"), "", "x"), "/registry/minions/x");
});
