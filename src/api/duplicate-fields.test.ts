import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fieldComplaints, findDuplicateFields } from "./duplicate-fields.ts";

const CASES: readonly [json: string, expected: string[]][] = [
  ["{}", []],
  ['{"a":1,"b":{"a":2}}', []],
  ['{"a":1,"a":2}', ["a"]],
  ['{"a":1,"a":2,"a":3}', ["a"]],
  ['{"spec":{"c":[{"n":"x"},{"n":"y","n":"z"}]}}', ["spec.c[1].n"]],
  ['{"a:b":"c:d","\\"":"\\\\","k":"\\\\\\""}', []],
  ['{"\\u0061":1,"a":2}', ["a"]],
  ['{ "a" : "}{:" , "a" : [ ] }', ["a"]],
  ['{"__proto__":1,"__proto__":2}', ["__proto__"]],
];

test("fields that come twice are told once, with their path", () => {
  for (const [json, expected] of CASES) {
    assert.deepEqual(findDuplicateFields(json), expected, json);
    assert.deepEqual(findDuplicateFields(json, { value: JSON.parse(json) }), expected, json);
  }
});

test("nothing comes twice in what JSON.stringify wrote, and knowing its value changes nothing", () => {
  fc.assert(
    fc.property(fc.json(), fc.string(), (json, key) => {
      assert.deepEqual(findDuplicateFields(json, { value: JSON.parse(json) }), []);
      const twice = `{${JSON.stringify(key)}:${json},${JSON.stringify(key)}:${json}}`;
      assert.deepEqual(findDuplicateFields(twice, { value: JSON.parse(twice) }), [key]);
    }),
  );
});

test("complaints come in the text's order, and what nobody knows is not looked into", () => {
  const json = `{"colour":"red","size":1,"size":2,"parts":[{"nut":1},{"bolt":{"a":1,"a":2},"nut":1,"nut":2,"bolt":0}],"colour":0}`;
  assert.deepEqual(fieldComplaints(json, ["colour", "parts[1].bolt"]), [
    'unknown field "colour"',
    'duplicate field "size"',
    'unknown field "parts[1].bolt"',
    'duplicate field "parts[1].nut"',
  ]);
});
