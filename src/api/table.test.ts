import assert from "node:assert/strict";
import { test } from "node:test";
import { humanDuration } from "./human-duration.ts";
import { tableOf } from "./table.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const durations: readonly [number, string][] = [
  [-5 * second, "<invalid>"],
  [-1500, "0s"],
  [0, "0s"],
  [119 * second, "119s"],
  [2 * minute, "2m"],
  [9 * minute + 5 * second, "9m5s"],
  [10 * minute + 5 * second, "10m"],
  [179 * minute, "179m"],
  [3 * hour, "3h"],
  [7 * hour + 30 * minute, "7h30m"],
  [47 * hour, "47h"],
  [48 * hour, "2d"],
  [7 * day + 3 * hour, "7d3h"],
  [729 * day, "729d"],
  [730 * day, "2y"],
  [3 * 365 * day + 4 * day, "3y4d"],
  [9 * 365 * day, "9y"],
];
for (const [milliseconds, expected] of durations) {
  test(`${milliseconds} ms is ${expected}`, () => assert.equal(humanDuration(milliseconds), expected));
}

const nowMs = Date.UTC(2026, 0, 1, 0, 5);
const object = { metadata: { name: "a", creationTimestamp: "2026-01-01T00:00:00Z" } };

test("without columns a table shows name and age, and rows carry metadata", () => {
  const table = tableOf(undefined, [object], { nowMs, metadata: { resourceVersion: "7" } });
  assert.deepEqual(
    table.columnDefinitions.map((column) => column.name),
    ["Name", "Age"],
  );
  assert.deepEqual(table.rows, [
    {
      cells: ["a", "5m"],
      object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata },
    },
  ]);
  assert.equal(table.metadata.resourceVersion, "7");
});

test("cells are printed as they are, dates too; rows carry what was asked for", () => {
  const definition = {
    group: "x.io",
    version: "v1",
    kind: "X",
    columns: [{ name: "Since", type: "date" as const, description: "", cell: () => "2025-12-31T23:00:00Z" }],
  };
  assert.deepEqual(tableOf(definition, [object], { nowMs, includeObject: "None" }).rows, [
    { cells: ["2025-12-31T23:00:00Z"] },
  ]);
  assert.equal(tableOf(definition, [object], { nowMs, includeObject: "Object" }).rows[0]!.object, object);
});
