import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../status.ts";
import { applyJsonPatch, FailedTestError } from "./json-patch.ts";
import type { JsonObject } from "./json-value.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { applyStrategicMergePatch } from "./strategic-merge.ts";
import { testSchema } from "./test-schema.ts";

const failsWith = (code: number, message: RegExp) => (error: unknown) =>
  error instanceof StatusError && error.code === code && message.test(error.message);

const jsonPatches: readonly [string, JsonObject, unknown, JsonObject][] = [
  ["add", { a: { b: [1] } }, [{ op: "add", path: "/a/b/-", value: 2 }], { a: { b: [1, 2] } }],
  ["insert", { a: [1, 3] }, [{ op: "add", path: "/a/1", value: 2 }], { a: [1, 2, 3] }],
  ["remove", { a: 1, b: 2 }, [{ op: "remove", path: "/a" }], { b: 2 }],
  ["replace", { a: 1 }, [{ op: "replace", path: "/a", value: 2 }], { a: 2 }],
  ["escapes", { "a/b": { "c~d": 1 } }, [{ op: "replace", path: "/a~1b/c~0d", value: 2 }], { "a/b": { "c~d": 2 } }],
  ["test for nothing", { a: 1 }, [{ op: "test", path: "/b", value: null }], { a: 1 }],
  ["test without a value", { a: { b: null } }, [{ op: "test", path: "/a/c" }], { a: { b: null } }],
  ["replace of everything", { a: 1 }, [{ op: "replace", path: "", value: { b: 2 } }], { b: 2 }],
  ["replace of nothing", { a: {} }, [{ op: "replace", path: "/a/b~1c", value: 2 }], { a: { "b/c": 2 } }],
  ["last index", { a: [1, 2] }, [{ op: "remove", path: "/a/-1" }], { a: [1] }],
  ["a copy behind the end", { a: [1, 2] }, [{ op: "copy", from: "/a/-2", path: "/a/-1" }], { a: [1, 2, 1] }],
  ["a move behind the end", { a: [1, 2] }, [{ op: "move", from: "/a/0", path: "/a/-1" }], { a: [2, 1] }],
  ["indexes as Go reads them", { a: [1, [2]] }, [{ op: "replace", path: "/a/01/+0", value: 3 }], { a: [1, [3]] }],
  ["a copy of what is not there", { a: {} }, [{ op: "copy", from: "/a/b", path: "/a/c" }], { a: { c: null } }],
  ["add before the end", { a: [1, 2] }, [{ op: "add", path: "/a/-2", value: 3 }], { a: [1, 3, 2] }],
  ["move", { a: 1 }, [{ op: "move", from: "/a", path: "/b" }], { b: 1 }],
  [
    "copy and test",
    { a: 1 },
    [
      { op: "copy", from: "/a", path: "/b" },
      { op: "test", path: "/b", value: 1 },
    ],
    { a: 1, b: 1 },
  ],
];
for (const [name, original, patch, expected] of jsonPatches) {
  test(`JSON patch: ${name}`, () => {
    const before = structuredClone(original);
    assert.deepEqual(applyJsonPatch(original, patch), expected);
    assert.deepEqual(original, before);
  });
}

const badJsonPatches: readonly [string, unknown, number, RegExp][] = [
  ["no list", { a: 1 }, 400, /json: cannot unmarshal object into Go value of type \[\]handlers\.jsonPatchOp/],
  ["unknown operation", [{ op: "jump", path: "/a" }], 422, /unexpected kind of operation "jump"/],
  ["absent path", [{ op: "remove", path: "/x" }], 422, /remove operation does not apply at \/x/],
  ["absent parent", [{ op: "add", path: "/x/y", value: 1 }], 422, /add operation does not apply at \/x\/y/],
  ["test below nothing", [{ op: "test", path: "/x/y", value: null }], 422, /testing value \/x\/y failed/],
  ["failed test for nothing", [{ op: "test", path: "/a", value: null }], 422, /testing value \/a failed: test failed/],
  ["replace below nothing", [{ op: "replace", path: "/x/y", value: 1 }], 422, /does not apply at \/x\/y/],
  ["index before the start", [{ op: "remove", path: "/list/-9" }], 422, /remove operation does not apply/],
  ["failed test", [{ op: "test", path: "/a", value: 2 }], 422, /testing value \/a failed: test failed/],
  ["prototype", [{ op: "add", path: "/__proto__/polluted", value: 1 }], 422, /does not apply/],
  ["constructor", [{ op: "add", path: "/constructor/prototype/polluted", value: 1 }], 422, /does not apply/],
  ["root", [{ op: "replace", path: "", value: 3 }], 422, /not an object/],
  ["removal of everything", [{ op: "remove", path: "" }], 422, /doc is missing path: ""/],
  ["addition of everything", [{ op: "add", path: "", value: { b: 1 } }], 422, /doc is missing path: ""/],
  ["a copy of everything", [{ op: "copy", from: "", path: "/b" }], 422, /doc is missing path: ""/],
  [
    "a move past the end",
    [
      { op: "add", path: "/b", value: [] },
      { op: "move", from: "/a", path: "/b/1" },
    ],
    422,
    /b\/1/,
  ],
  ["a pointer without its slash", [{ op: "copy", from: "a", path: "/b" }], 422, /doc is missing path: "a"/],
  ["a move of what is not there", [{ op: "move", from: "/b", path: "/c" }], 422, /doc is missing path: "\/b"/],
  ["a move to the root", [{ op: "move", from: "/a", path: "" }], 422, /doc is missing path: ""/],
  [
    "too many",
    new Array(10_001).fill({ op: "test", path: "/a", value: 1 }),
    413,
    /maximum operations .* 10000, got 10001/,
  ],
];
for (const [name, patch, code, message] of badJsonPatches) {
  test(`JSON patch refused: ${name}`, () => {
    assert.throws(() => applyJsonPatch({ a: 1 }, patch), failsWith(code, message));
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  });
}

test("a JSON patch whose test finds something else is told from one that does not apply", () => {
  const cases: [path: string, isFailedTest: boolean][] = [
    ["/a", true],
    ["/b", true],
    ["", true],
    ["/list/0", true],
    ["/list/1", false],
    ["/b/c", false],
  ];
  for (const [path, isFailedTest] of cases) {
    const patch = [
      { op: "test", path, value: 7 },
      { op: "remove", path: "/not/there" },
    ];
    assert.throws(
      () => applyJsonPatch({ a: 1, list: [1] }, patch),
      (error) => error instanceof FailedTestError === isFailedTest && failsWith(422, /testing value/)(error),
      path,
    );
  }
});

// The examples of RFC 7386, appendix A, that concern objects.
const mergePatches: readonly [JsonObject, unknown, JsonObject][] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];
for (const [original, patch, expected] of mergePatches) {
  test(`merge patch ${JSON.stringify(patch)} on ${JSON.stringify(original)}`, () => {
    assert.deepEqual(applyMergePatch(original, patch), expected);
  });
}

test("a merge patch cannot reach the prototype", () => {
  const patch = JSON.parse('{"__proto__": {"polluted": 1}}');
  const result = applyMergePatch({ a: {} }, patch);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
  assert.equal(Object.getPrototypeOf(result), Object.prototype);
  assert.throws(() => applyMergePatch({}, [1]), failsWith(400, /cannot unmarshal array/));
});

const pod = (containers: unknown[], rest: JsonObject = {}): JsonObject => ({
  spec: { template: { spec: { containers, ...rest } } },
});
const meta = (metadata: JsonObject): JsonObject => ({ metadata });

const strategicPatches: readonly [string, JsonObject, JsonObject, JsonObject][] = [
  [
    "elements merge by their key, new ones in the patch's order first",
    pod([{ name: "a", image: "x" }]),
    pod([
      { name: "b", image: "y" },
      { name: "a", args: ["1"] },
    ]),
    pod([
      { name: "b", image: "y" },
      { name: "a", image: "x", args: ["1"] },
    ]),
  ],
  [
    "a list without strategy is replaced",
    pod([{ name: "a", args: ["1", "2"] }]),
    pod([{ name: "a", args: ["3"] }]),
    pod([{ name: "a", args: ["3"] }]),
  ],
  [
    "$patch: delete removes an element",
    pod([{ name: "a" }, { name: "b" }]),
    pod([{ name: "a", $patch: "delete" }]),
    pod([{ name: "b" }]),
  ],
  [
    "$patch: replace replaces a list",
    pod([{ name: "a" }, { name: "b" }]),
    pod([{ name: "c" }, { $patch: "replace" }]),
    pod([{ name: "c" }]),
  ],
  [
    "$patch: replace replaces an object",
    meta({ labels: { a: "1", b: "2" } }),
    meta({ labels: { $patch: "replace", c: "3" } }),
    meta({ labels: { c: "3" } }),
  ],
  [
    "$patch: delete empties an object",
    meta({ labels: { a: "1" } }),
    meta({ labels: { $patch: "delete" } }),
    meta({ labels: {} }),
  ],
  ["null removes", meta({ labels: { a: "1", b: "2" } }), meta({ labels: { a: null } }), meta({ labels: { b: "2" } })],
  [
    "null in what is new leaves no trace",
    meta({}),
    meta({ labels: { a: null, b: "1" } }),
    meta({ labels: { b: "1" } }),
  ],
  [
    "scalars merge as a set",
    meta({ finalizers: ["a", "b"] }),
    meta({ finalizers: ["b", "c"] }),
    meta({ finalizers: ["a", "b", "c"] }),
  ],
  [
    "$deleteFromPrimitiveList removes scalars",
    meta({ finalizers: ["a", "b", "c"] }),
    meta({ "$deleteFromPrimitiveList/finalizers": ["b"] }),
    meta({ finalizers: ["a", "c"] }),
  ],
  [
    "$setElementOrder orders, what it does not name stays beside its neighbours",
    pod([{ name: "1" }, { name: "2" }, { name: "3" }]),
    pod([], { "$setElementOrder/containers": [{ name: "3" }, { name: "1" }] }),
    pod([{ name: "2" }, { name: "3" }, { name: "1" }]),
  ],
  [
    "$setElementOrder orders scalars",
    meta({ finalizers: ["a", "b"] }),
    meta({ "$setElementOrder/finalizers": ["c", "b", "a"], finalizers: ["c"] }),
    meta({ finalizers: ["c", "b", "a"] }),
  ],
  [
    "$retainKeys drops the other keys of a union",
    { spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } } },
    { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
    { spec: { strategy: { type: "Recreate" } } },
  ],
  [
    "kubectl set image",
    pod([
      { name: "web", image: "a:1", env: [{ name: "X", value: "1" }] },
      { name: "side", image: "b" },
    ]),
    pod([{ name: "web", image: "a:2" }], { "$setElementOrder/containers": [{ name: "web" }, { name: "side" }] }),
    pod([
      { name: "web", image: "a:2", env: [{ name: "X", value: "1" }] },
      { name: "side", image: "b" },
    ]),
  ],
];
for (const [name, original, patch, expected] of strategicPatches) {
  test(`strategic merge patch: ${name}`, () => {
    const before = structuredClone(original);
    const result = applyStrategicMergePatch(original, patch, { schema: testSchema, definition: "Deployment" });
    assert.deepEqual(result, expected);
    assert.deepEqual(original, before);
  });
}

const badStrategicPatches: readonly [string, JsonObject, number, RegExp][] = [
  ["no merge key", pod([{ image: "x" }]), 422, /does not contain declared merge key: name/],
  ["unknown directive", meta({ labels: { $patch: "explode" } }), 400, /unknown patch type: explode/],
  [
    "retainKeys without its keys",
    { spec: { strategy: { $retainKeys: ["type"], rollingUpdate: {} } } },
    400,
    /retainKeys/,
  ],
  [
    "order against the list",
    pod([{ name: "b" }, { name: "a" }], { "$setElementOrder/containers": [{ name: "a" }, { name: "b" }] }),
    422,
    /doesn't match \$setElementOrder list/,
  ],
  ["mixed elements", pod(["a"]), 422, /list element types are not identical/],
];
for (const [name, patch, code, message] of badStrategicPatches) {
  test(`strategic merge patch refused: ${name}`, () => {
    const original = { ...pod([{ name: "a" }]), metadata: { labels: { a: "1" } } } as JsonObject;
    (original.spec as JsonObject).strategy = { type: "Recreate" };
    const options = { schema: testSchema, definition: "Deployment" };
    assert.throws(() => applyStrategicMergePatch(original, patch, options), failsWith(code, message));
  });
}

test("long lists merge in one pass each, by names and by values", () => {
  const count = 30_000;
  const many = <T>(make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
  const original = {
    metadata: { finalizers: many((index) => `a${index}`) },
    spec: { template: { spec: { containers: many((index) => ({ name: `a${index}`, image: "x" })) } } },
  };
  const patch = {
    metadata: { finalizers: many((index) => `a${index + count / 2}`) },
    spec: {
      template: {
        spec: {
          containers: [
            { name: "a7", $patch: "delete" },
            ...many((index) => ({ name: `a${index + count / 2}`, image: "y" })),
          ],
        },
      },
    },
  };
  const options = { schema: testSchema, definition: "Deployment" };
  const merged = applyStrategicMergePatch(original, patch, options) as typeof original;
  assert.equal(merged.metadata.finalizers.length, count * 1.5);
  assert.equal(merged.spec.template.spec.containers.length, count * 1.5 - 1);
  assert.deepEqual(merged.spec.template.spec.containers.at(-1), { name: `a${count * 1.5 - 1}`, image: "y" });
});
