import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { evaluateJsonPath } from "./evaluate.ts";
import { parseJsonPath } from "./parse.ts";
import { JsonPathError } from "./path.ts";
import { printerColumns } from "./printer-columns.ts";
import { getAtPath, parseSimplePath, selectableText, setAtPath } from "./simple-path.ts";

const object = {
  metadata: { name: "x", labels: { "app.kubernetes.io/name": "a", b: "c" } },
  spec: { list: [{ n: 1 }, { n: 2 }, { n: 3 }], deep: { n: 9 }, on: true, none: null },
  status: {
    conditions: [
      { type: "Ready", status: "True", reason: "a)b" },
      { type: "Other", status: "False", weight: 5 },
    ],
  },
};

const found: readonly [path: string, values: unknown[]][] = [
  [".metadata.name", ["x"]],
  ["$.metadata.name", ["x"]],
  [".spec.absent.more", []],
  [".spec.list[0].n", [1]],
  [".spec.list[-1].n", [3]],
  [".spec.list[1:].n", [2, 3]],
  [".spec.list[:2].n", [1, 2]],
  [".spec.list[0:3:2].n", [1, 3]],
  [".spec.list[-2:].n", [2, 3]],
  [".spec.list[*].n", [1, 2, 3]],
  [".spec.list[0,2].n", [1, 3]],
  [".spec.deep.*", [9]],
  ["..n", [9, 1, 2, 3]],
  [".metadata.labels['app\\.kubernetes\\.io/name']", ["a"]],
  [".metadata.labels.app\\.kubernetes\\.io/name", ["a"]],
  ["['metadata'].name", ["x"]],
  ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
  [".status.conditions[?(@.type == 'Ready')].status", ["True"]],
  ['.status.conditions[?(@.type!="Ready")].status', ["False"]],
  [".status.conditions[?(@.weight>4)].type", ["Other"]],
  [".status.conditions[?(@.weight>=6)].type", []],
  [".status.conditions[?(@.weight)].type", ["Other"]],
  ['.status.conditions[?(@.reason=="a)b")].type', ["Ready"]],
  [".__proto__", []],
  [".constructor", []],
];

for (const [path, values] of found) {
  test(`path ${path}`, () => assert.deepEqual(evaluateJsonPath(parseJsonPath(path), object), values));
}

test("paths that cannot be read or followed say so", () => {
  for (const path of [".a[", ".a[x]", ".a[?(@.b]", '.a[?(@.b=="c)]', ".a[?(@.b=~1)]", "name"]) {
    assert.throws(() => parseJsonPath(path), JsonPathError, path);
  }
  for (const path of [".spec.list[7]", ".spec.deep[0]", ".spec.deep[?(@.n)]", '.spec.list[?(@.n=="1")]']) {
    assert.throws(() => evaluateJsonPath(parseJsonPath(path), object), JsonPathError, path);
  }
});

test("no text makes a path do anything else than find or say why not", () => {
  const texts = fc.array(
    fc.constantFrom(".", "[", "]", "?(", ")", "@", "a", "1", ":", "*", "'", '"', "==", ",", "\\", "-"),
  );
  fc.assert(
    fc.property(texts, (parts) => {
      try {
        evaluateJsonPath(parseJsonPath(parts.join("")), { a: [{ a: 1 }] });
      } catch (error) {
        assert.ok(error instanceof JsonPathError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test("columns of a definition: cells by type, wide ones by priority", () => {
  const columns = printerColumns([
    { name: "Text", type: "string", jsonPath: ".spec.deep" },
    { name: "Number", type: "string", jsonPath: ".spec.list[0].n" },
    { name: "Null", type: "string", jsonPath: ".spec.none" },
    { name: "Count", type: "integer", jsonPath: ".spec.list[1].n", format: "int32", description: "how many" },
    { name: "On", type: "boolean", jsonPath: ".spec.on", priority: 1 },
    { name: "Wrong", type: "boolean", jsonPath: ".metadata.name" },
    { name: "Beyond", type: "string", jsonPath: ".spec.list[9].n" },
  ]);
  const cells = columns.map((column) => column.cell(object, { nowMs: 0 }));
  assert.deepEqual(cells, ["x", '{"n":9}', "1", "<no value>", 2, true, null, null]);
  assert.deepEqual(
    columns.map(({ priority = 0 }) => priority),
    [0, 0, 0, 0, 0, 1, 0, 0],
  );
  assert.equal(columns[1]?.description, "Custom resource definition column (in JSONPath format): .spec.deep");
  assert.equal(columns[4]?.description, "how many");
});

test("without columns, or with one that cannot be read, the age is shown", () => {
  for (const definitions of [undefined, [], [{ name: "A", type: "string", jsonPath: ".a[" }]]) {
    assert.deepEqual(
      printerColumns(definitions).map(({ name, type }) => [name, type]),
      [
        ["Name", "string"],
        ["Age", "date"],
      ],
    );
  }
});

test("dates are shown as ages", () => {
  const [, age] = printerColumns(undefined);
  assert.equal(age!.cell({ metadata: { creationTimestamp: "1970-01-01T00:00:00Z" } }, { nowMs: 300_000 }), "5m");
});

test("simple paths get, set and compare", () => {
  const path = parseSimplePath(".spec.replicas");
  const draft: Record<string, unknown> = {};
  assert.equal(getAtPath(draft, path), undefined);
  assert.equal(setAtPath(draft, path, 3), true);
  assert.deepEqual(draft, { spec: { replicas: 3 } });
  assert.equal(setAtPath({ spec: 1 }, path, 3), false);
  assert.equal(selectableText(draft, path), "3");
  assert.equal(selectableText(draft, parseSimplePath(".spec.on")), "");
  setAtPath(draft, parseSimplePath(".__proto__.x"), 1);
  assert.equal(({} as { x?: number }).x, undefined);
});
