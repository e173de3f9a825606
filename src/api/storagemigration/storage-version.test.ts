import assert from "node:assert/strict";
import { test } from "node:test";
import { testChange, testNew, wrongWithStatus } from "../testing/kind-table.ts";
import { storageVersionKind } from "./storage-version.ts";
import { storageVersionMigrationKind } from "./storage-version-migration.ts";

testNew(storageVersionKind, [
  ["a group and a resource", { metadata: { name: "apps.deployments" } }],
  [
    "no group",
    { metadata: { name: "pods" } },
    'metadata.name: Invalid value: "pods": name must be in the form of <group>.<resource>',
  ],
]);

const server = (apiServerID: string, encodingVersion: string) => ({
  ...{ apiServerID, encodingVersion, decodableVersions: [encodingVersion] },
});
const statuses: [what: string, status: object, ...errors: string[]][] = [
  ["of one mind", { storageVersions: [server("a", "v1"), server("b", "v1")], commonEncodingVersion: "v1" }],
  ["not of one mind", { storageVersions: [server("a", "v1"), server("b", "v2")] }],
  [
    "of one mind, and that not told",
    { storageVersions: [server("a", "v1")] },
    "status.commonEncodingVersion: Invalid value: null: the common encoding version is v1",
  ],
  [
    "told wrongly",
    { storageVersions: [server("a", "v1")], commonEncodingVersion: "v2" },
    'status.commonEncodingVersion: Invalid value: "v2": the actual common encoding version is v1',
  ],
  [
    "told by nobody",
    { commonEncodingVersion: "v2" },
    'status.commonEncodingVersion: Invalid value: "v2": should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet',
  ],
  [
    "not read again",
    { storageVersions: [{ ...server("a", "/"), decodableVersions: [] }], commonEncodingVersion: "/" },
    'status.storageVersions[0].encodingVersion: Invalid value: "/": group part: must be non-empty,version part: must be non-empty',
    "status.storageVersions[0].decodableVersions: Invalid value: []: decodableVersions must include encodingVersion /",
  ],
  [
    "conditions",
    { conditions: [{ type: "A", status: "True", reason: "R" }] },
    "status[0].message: Required value: message cannot be empty",
  ],
];
for (const [what, status, ...errors] of statuses) {
  test(`StorageVersion status: ${what}`, () => {
    assert.deepEqual(wrongWithStatus(storageVersionKind, { status }), errors);
  });
}

const migration = (resource: object) => ({ spec: { resource } });
testNew(storageVersionMigrationKind, [
  ["sound", migration({ resource: "pods" })],
  ["nothing", migration({}), "spec.resource.resource: Required value: resource is required to be set"],
]);
testChange(storageVersionMigrationKind, [
  [
    "another resource",
    migration({ resource: "pods" }),
    migration({ resource: "nodes" }),
    'spec: Invalid value: {"resource":{"resource":"pods"}}: field is immutable',
  ],
]);

test("StorageVersionMigration status: what has ended does not go on", () => {
  const condition = (type: string, status = "True") => ({
    ...{ type, status, reason: "R", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" },
  });
  const of = (resourceVersion: string, ...conditions: object[]) => ({ status: { resourceVersion, conditions } });
  const messages = (now: object, before: object) =>
    wrongWithStatus(storageVersionMigrationKind, now, before).map((line) => line.replace(/ \[.*\]:/, ""));
  assert.deepEqual(messages(of("1", condition("Running")), of("")), []);
  assert.deepEqual(messages(of("1", condition("Succeeded"), condition("Running")), of("1")), []);
  assert.deepEqual(messages({ status: {} }, { status: {} }), []);
  assert.deepEqual(messages(of("01"), of("")), [
    'status.resourceVersion: Invalid value: "01": resource version is not well formed: 01',
  ]);
  assert.deepEqual(messages(of("2"), of("1", condition("Failed"))), [
    'status.resourceVersion: Invalid value: "2": field is immutable',
    "status.conditions: Invalid value: Failed condition cannot be set to false once it is true",
  ]);
  assert.deepEqual(messages(of("", condition("Succeeded"), condition("Failed"), condition("Running")), of("")), [
    "status.conditions: Invalid value: Both success and failed conditions cannot be true at the same time",
  ]);
});
