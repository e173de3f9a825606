import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Fields, fieldsReader } from "./read-fields.ts";

function picked(value: unknown, fields: Fields): unknown {
  return fieldsReader(fields)(bytesOf(value)).object;
}

function bytesOf(value: unknown, indent?: number): Buffer {
  return Buffer.from(JSON.stringify(value, null, indent));
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

test("what is read of a text is what is there of its value, whatever was read before", () => {
  const object = fc.dictionary(name, value, { noNullPrototype: true });
  const objects = fc.array(fc.tuple(object, fc.constantFrom(undefined, 1)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(objects, fields, fc.array(fc.nat(5), { maxLength: 12 }), (different, wanted, order) => {
      const read = fieldsReader(wanted);
      // Some come again, and some after others.
      for (const index of [...different.keys(), ...order]) {
        const [whole, indent] = different[index % different.length]!;
        const plain: unknown = JSON.parse(JSON.stringify(whole));
        assert.deepEqual(read(bytesOf(plain, indent)).object, pickedByHand(plain, wanted));
      }
    }),
    { numRuns: 1000 },
  );
});

test("objects that resemble each other are read as if each were the only one", () => {
  const leaf = fc.constantFrom<unknown>(1, 12, "1", "12", "ä", 'quo"te', null, true, {}, [], "x".repeat(50), ["a"]);
  const inner = fc.record({ a: leaf, b: leaf, c: fc.array(fc.record({ a: leaf, b: leaf }), { maxLength: 20 }) });
  const like = fc.record({ metadata: inner, a: leaf, b: inner, c: leaf }, { requiredKeys: [] });
  const wanted: Fields = {
    metadata: { b: true, c: { a: true } },
    a: true,
    b: { a: { x: true }, c: {} },
  };
  fc.assert(
    fc.property(fc.array(like, { minLength: 2, maxLength: 8 }), (objects) => {
      const read = fieldsReader(wanted);
      for (const each of [...objects, ...objects]) {
        const bytes = bytesOf(each);
        const { object, metadata } = read(bytes);
        assert.deepEqual(object, pickedByHand(JSON.parse(bytes.toString()), wanted));
        const told = metadata && JSON.parse(bytes.toString("utf8", metadata.start, metadata.end));
        assert.deepEqual(told, each.metadata && JSON.parse(JSON.stringify(each.metadata)));
      }
    }),
    { numRuns: 1000 },
  );
});

test("what is the same as in the object before is the same value", () => {
  const read = fieldsReader({ name: true, status: { phase: true, conditions: { type: true } } });
  const pod = (name: string, time: string, type: string) =>
    read(bytesOf({ name, status: { phase: "Running", conditions: [{ type, time }], time } })).object as {
      name: string;
      status: object;
    };
  const first = pod("a", "1", "Ready");
  const second = pod("b", "2", "Ready");
  assert.equal(second.name, "b");
  assert.equal(second.status, first.status);
  assert.notEqual(pod("c", "2", "Other").status, first.status);
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
  const read = fieldsReader({ a: { metadata: true }, metadata: { name: true } });
  for (const before of ["", " ", ""]) {
    const { metadata } = read(Buffer.from(before + text));
    assert.equal((before + text).slice(metadata?.start, metadata?.end), '{"name":"n","b":[1]}');
    assert.equal(read(Buffer.from('{"a":1}')).metadata, undefined);
  }
});
