import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldError } from "./field-error.ts";
import { validateFinalizerOwners } from "./finalizer-names.ts";
import type { ObjectMeta } from "./meta.ts";
import { immutable, validateObjectMeta, validateObjectMetaUpdate } from "./object-meta.ts";

const lines = (errors: FieldError[]): string[] => errors.map((error) => `${error.field}: ${error.message}`);
const good: ObjectMeta = { name: "web", namespace: "default" };

const cases: readonly [string, ObjectMeta, RegExp | undefined][] = [
  ["plain", good, undefined],
  ["generated", { ...good, generateName: "web-" }, undefined],
  ["no name", { namespace: "default" }, /^metadata\.name: Required value: name or generateName is required$/],
  ["upper case", { ...good, name: "Web" }, /^metadata\.name: Invalid value: "Web": a lowercase RFC 1123 subdomain/],
  ["bad prefix", { ...good, generateName: "Web-" }, /^metadata\.generateName: Invalid value: "Web-"/],
  ["no namespace", { name: "web" }, /^metadata\.namespace: Required value$/],
  ["label", { ...good, labels: { "a b": "c" } }, /^metadata\.labels: Invalid value: "a b": name part must consist of/],
  ["annotation key in capitals", { ...good, annotations: { "Example.com/A": "x" } }, undefined],
  [
    "annotations too long",
    { ...good, annotations: { a: "x".repeat(262144) } },
    /^metadata\.annotations: Too long: may not be more than 262144 bytes$/,
  ],
  ["finalizer", { ...good, finalizers: ["a b"] }, /^metadata\.finalizers: Invalid value: "a b"/],
  ["two policies", { ...good, finalizers: ["orphan", "foregroundDeletion"] }, /cannot be both set$/],
  [
    "owner without uid",
    { ...good, ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "a", uid: "" }] },
    /^metadata\.ownerReferences\.uid: Invalid value: "": must not be empty$/,
  ],
  [
    "two controllers",
    {
      ...good,
      ownerReferences: [
        { apiVersion: "v1", kind: "A", name: "a", uid: "1", controller: true },
        { apiVersion: "v1", kind: "B", name: "b", uid: "2", controller: true },
      ],
    },
    /Found "true" in references for A\/a and B\/b$/,
  ],
  [
    "manager",
    { ...good, managedFields: [{ operation: "Update", manager: "é\u0000b" }] },
    /^metadata\.managedFields\[0\]\.manager: .*: invalid character U\+0000 \(at position 2\)$/,
  ],
  [
    "owner of a version that is none",
    { ...good, ownerReferences: [{ apiVersion: "a/b/c", kind: "Pod", name: "a", uid: "1" }] },
    /^metadata\.ownerReferences\.apiVersion: Invalid value: "a\/b\/c": version must not be empty$/,
  ],
];
for (const [name, meta, expected] of cases) {
  test(`metadata: ${name}`, () => {
    const errors = lines(validateObjectMeta(meta, { namespaced: true }));
    if (expected === undefined) assert.deepEqual(errors, []);
    else {
      assert.equal(errors.length, 1, errors.join("; "));
      assert.match(errors[0]!, expected);
    }
  });
}

test("cluster objects have no namespace, names follow the kind's rule", () => {
  assert.deepEqual(lines(validateObjectMeta(good, { namespaced: false })), [
    "metadata.namespace: Forbidden: not allowed on this type",
  ]);
  assert.deepEqual(validateObjectMeta({ name: "system:node" }, { namespaced: false, nameRule: "pathSegment" }), []);
  assert.equal(validateObjectMeta({ name: "a.b" }, { namespaced: false, nameRule: "dnsLabel" }).length, 1);
});

test("what the server sets cannot change", () => {
  const old: ObjectMeta = { ...good, uid: "1", generation: 2 };
  assert.deepEqual(validateObjectMetaUpdate({ ...old, labels: { a: "b" } }, old), []);
  assert.deepEqual(lines(validateObjectMetaUpdate({ ...old, uid: "2", generation: 1 }, old)), [
    "metadata.generation: Invalid value: 1: must not be decremented",
    'metadata.uid: Invalid value: "2": field is immutable',
  ]);
  const deleted = { ...old, deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["a/b"] };
  assert.deepEqual(validateObjectMetaUpdate({ ...deleted, finalizers: [] }, deleted), []);
  assert.deepEqual(lines(validateObjectMetaUpdate({ ...deleted, finalizers: ["a/b", "c/d"] }, deleted)), [
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}',
  ]);
});

test("immutable compares meaning, not spelling", () => {
  assert.deepEqual(immutable({ a: 1, b: [] }, { a: 1 }, "spec"), []);
  assert.deepEqual(lines(immutable({ a: 2 }, { a: 1 }, "spec.x")), [
    'spec.x: Invalid value: {"a":2}: field is immutable',
  ]);
});

test("finalizers of built-in kinds say whose they are", () => {
  const names = ["example.com/mine", "orphan", "foregroundDeletion", "kubernetes", "mine"];
  assert.deepEqual(lines(validateFinalizerOwners("apps", names)), [
    'metadata.finalizers[4]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
  ]);
  assert.deepEqual(validateFinalizerOwners("coordination.k8s.io", names), []);
});
