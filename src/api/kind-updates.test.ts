import assert from "node:assert/strict";
import { test } from "node:test";
import { findKind } from "./kinds.ts";
import type { AnyObject } from "./meta.ts";
import type { JsonObject } from "./patch/json-value.ts";

/** Group, version, kind; the object before and after; what is wrong with the change. */
const frozen: readonly [string, JsonObject, JsonObject, string][] = [
  [
    "batch/v1/Job",
    { spec: { completions: 1 } },
    { spec: { completions: 2 } },
    "spec.completions: Invalid value: 2: field is immutable",
  ],
  [
    "apps/v1/StatefulSet",
    { spec: { serviceName: "a" } },
    { spec: { serviceName: "b" } },
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ],
  [
    "/v1/PersistentVolumeClaim",
    { spec: { volumeName: "a" } },
    { spec: { volumeName: "b" } },
    "spec is immutable after creation except",
  ],
  [
    "rbac.authorization.k8s.io/v1/RoleBinding",
    { roleRef: { kind: "Role", name: "a" } },
    { roleRef: { kind: "Role", name: "b" } },
    "cannot change roleRef",
  ],
  [
    "storage.k8s.io/v1/StorageClass",
    { provisioner: "a" },
    { provisioner: "b" },
    "updates to provisioner are forbidden.",
  ],
  [
    "scheduling.k8s.io/v1/PriorityClass",
    { value: 1 },
    { value: 2 },
    "value: Forbidden: may not be changed in an update.",
  ],
  ["discovery.k8s.io/v1/EndpointSlice", { addressType: "IPv4" }, { addressType: "IPv6" }, "field is immutable"],
];
for (const [name, old, now, expected] of frozen) {
  test(`${name} cannot change: ${expected}`, () => {
    const rules = findKind(...(name.split("/") as [string, string, string]))!;
    const errors = rules.validateUpdate!(now as AnyObject, old as AnyObject).map(
      (error) => `${error.field}: ${error.message}`,
    );
    assert.ok(
      errors.some((error) => error.includes(expected)),
      errors.join("\n"),
    );
  });
}
