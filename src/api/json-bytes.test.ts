import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { endOfFlatList, endOfValue, findInside, type Span, startOfMember } from "./json-bytes.ts";

const name = fc.string({ unit: "grapheme-ascii", maxLength: 4 });
const object = fc.dictionary(name, fc.jsonValue(), { noNullPrototype: true });

const valueIn = (text: Buffer, span: Span): unknown => JSON.parse(text.toString("utf8", span.start, span.end));

test("every member of an object is found where it stands", () => {
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 1), (value, indent) => {
      const text = Buffer.from(`[${JSON.stringify(value, null, indent)},1]`);
      assert.equal(endOfValue(text, 1), text.length - ",1]".length);
      for (const [key, expected] of Object.entries(JSON.parse(JSON.stringify(value)) as object)) {
        const { end, member } = findInside(text, 1, key);
        assert.ok(member !== undefined, key);
        assert.deepEqual(valueIn(text, member), expected);
        assert.equal(end, text.length - ",1]".length);
        assert.equal(startOfMember(text, 1, key), member.start);
      }
      assert.equal(startOfMember(text, 1, "longer than any"), undefined);
      assert.deepEqual(findInside(text, 1, "longer than any"), { end: text.length - 3, member: undefined });
    }),
  );
});

test("the end of a list of objects is found whatever its texts say", () => {
  const bit = fc.constantFrom("]", "}", "[", "{", ",", '"', "\\", ":", "a", " ");
  const text = fc.array(bit, { maxLength: 6 }).map((bits) => bits.join(""));
  const item = fc.dictionary(text, fc.oneof(text, fc.dictionary(text, text), fc.array(text, { maxLength: 2 })), {
    maxKeys: 3,
    noNullPrototype: true,
  });
  const member = fc.record({ list: fc.array(item, { maxLength: 3 }), after: text });
  fc.assert(
    fc.property(member, text, fc.constantFrom(undefined, 1), ({ list, after }, key, indent) => {
      for (const value of [{ list }, { list, after }, { list, [key]: after }, { a: { list }, b: 1 }]) {
        const input = Buffer.from(JSON.stringify(value, null, indent));
        const start = input.indexOf('"list":') + (indent === undefined ? 7 : 8);
        const end = endOfFlatList(input, start);
        assert.deepEqual(valueIn(input, { start, end }), JSON.parse(JSON.stringify(list)));
      }
    }),
    { numRuns: 1000 },
  );
});

test("what stands deeper is not found", () => {
  const text = Buffer.from('{"a":{"metadata":1,"b":"\\"metadata\\":2"},"metadata" : {"x":"}"} ,"c":0}');
  const { member } = findInside(text, 0, "metadata");
  assert.deepEqual(valueIn(text, member!), { x: "}" });
});
