import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Fields, pickFields } from "./pick-fields.ts";

function picked(value: unknown, fields: Fields, indent?: number): unknown {
  const input = Buffer.from(JSON.stringify(value, null, indent));
  const into = { text: Buffer.alloc(input.length), length: 0 };
  pickFields(input, fields, into);
  return JSON.parse(into.text.toString("utf8", 0, into.length));
}

/** The same by way of the value. */
function pickedByHand(value: unknown, fields: Fields | true): unknown {
  if (fields === true || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => pickedByHand(item, fields));
  const names = Object.keys(value).filter((name) => Object.hasOwn(fields, name));
  return Object.fromEntries(
    names.map((name) => [name, pickedByHand((value as Record<string, unknown>)[name], fields[name]!)]),
  );
}

const name = fc.constantFrom("a", "b", "ab", "name", 'quo"te', "ä", "]},", "");
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ maxDepth: 1 }),
    name,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(name, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;
const fields = fc.letrec<{ fields: Fields }>((tie) => ({
  fields: fc.dictionary(name, fc.oneof({ maxDepth: 3 }, fc.constant(true as const), tie("fields")), {
    maxKeys: 4,
    noNullPrototype: true,
  }) as fc.Arbitrary<Fields>,
})).fields;

test("what is picked of a text is what is picked of its value", () => {
  const object = fc.dictionary(name, value, { noNullPrototype: true });
  fc.assert(
    fc.property(object, fields, fc.constantFrom(undefined, 1), (whole, wanted, indent) => {
      const plain: unknown = JSON.parse(JSON.stringify(whole));
      assert.deepEqual(picked(plain, wanted, indent), pickedByHand(plain, wanted));
    }),
    { numRuns: 500 },
  );
});

test("of a list the fields of each item are taken, of a list of nothing its length", () => {
  const pod = { spec: { containers: [{ name: "a", image: "b" }, { name: "c" }], nodeName: "n", volumes: [[{}], []] } };
  assert.deepEqual(picked(pod, { spec: { containers: {} } }), { spec: { containers: [{}, {}] } });
  assert.deepEqual(picked(pod, { spec: { containers: { name: true }, nodeName: true } }), {
    spec: { containers: [{ name: "a" }, { name: "c" }], nodeName: "n" },
  });
});

test("where the metadata stands is told, of the outermost object only", () => {
  const text = '{"a":{"metadata":{"x":1}}, "metadata" : {"name":"n","b":[1]},"c":2}';
  const picked = { text: Buffer.alloc(text.length), length: 0 };
  const span = pickFields(Buffer.from(text), { a: { metadata: true }, metadata: { name: true } }, picked);
  assert.equal(text.slice(span?.start, span?.end), '{"name":"n","b":[1]}');
  assert.equal(pickFields(Buffer.from('{"a":1}'), { metadata: { name: true } }, picked), undefined);
});
