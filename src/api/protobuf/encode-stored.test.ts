import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeObject } from "./decode.ts";
import { encodeObject } from "./encode.ts";
import { encodeStored } from "./encode-stored.ts";
import { kubectlBodies } from "./kubectl-bodies.ts";
import { listEncoder } from "./list-encoder.ts";

const configMap = { apiVersion: "v1", kind: "ConfigMap" };

/** What the JSON text is after it has been encoded and decoded. */
function after(json: string, as: { apiVersion: string; kind: string } = configMap): unknown {
  return decodeObject(encodeStored(Buffer.from(json), as)).object;
}

for (const { command, object } of kubectlBodies) {
  test(`kubectl create ${command}: stored bytes are encoded as the object is`, () => {
    const { apiVersion = "", kind = "" } = object as { apiVersion?: string; kind?: string };
    const encoded = encodeStored(Buffer.from(JSON.stringify(object)), { apiVersion, kind });
    assert.deepEqual(decodeObject(encoded).object, object);
    assert.equal(encoded.length, encodeObject(object).length);
  });
}

test("escapes in names and values become what they stand for", () => {
  const data = { 'a"b': "line\n\t\\ \u0001 ä 😀 \u2028", "\ud83d\ude00": "/\b\f\r", empty: "" };
  const plain = JSON.stringify({ ...configMap, data });
  assert.deepEqual(after(plain), { ...configMap, data });
  const escaped = plain.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  assert.deepEqual(after(escaped), { ...configMap, data });
  assert.deepEqual(after('{"data":{"a":"\\ud800x\\udc00"}}'), { ...configMap, data: { a: "\ufffdx\ufffd" } });
});

test("white space between tokens, nulls and unknown fields are passed over", () => {
  const json = `{ "kind":"ConfigMap", "unknown" : {"a":[1,{"b":"]}\\""}]} , "metadata":{"resourceVersion":"7"        ,"name":"a",
    "labels":null,"annotations":{ } }, "immutable" : true , "data":null, "other":-1.5e3, "binaryData": {"b":"AP8="}}`;
  assert.deepEqual(after(json), {
    ...configMap,
    metadata: { resourceVersion: "7", name: "a" },
    immutable: true,
    binaryData: { b: "AP8=" },
  });
});

for (const length of [0, 1, 126, 127, 128, 129, 16_383, 16_384, 2_097_151, 2_097_152]) {
  test(`a text of ${length} bytes has its length before it, whatever came before`, () => {
    for (const value of ["x", "y".repeat(length), "z"]) {
      assert.deepEqual(after(JSON.stringify({ ...configMap, data: { key: value } })), {
        ...configMap,
        data: { key: value },
      });
    }
  });
}

test("numbers at the ends of their types are exact", () => {
  const pod = { apiVersion: "v1", kind: "Pod" };
  for (const seconds of [
    0,
    -1,
    127,
    128,
    2 ** 31,
    2 ** 32,
    2 ** 35 + 1,
    Number.MAX_SAFE_INTEGER,
    -Number.MAX_SAFE_INTEGER,
  ]) {
    const object = { ...pod, spec: { priority: -(2 ** 31), containers: [], activeDeadlineSeconds: seconds } };
    const { containers: _, ...spec } = object.spec;
    assert.deepEqual(after(JSON.stringify(object), pod), { ...pod, spec });
  }
  const deadline = (number: string): Buffer =>
    encodeStored(Buffer.from(`{"spec":{"activeDeadlineSeconds":${number}}}`), pod);
  // Tag 40, then 2^63 - 1 and -2^63 as varints.
  assert.match(deadline("9223372036854775807").toString("hex"), /28ffffffffffffffff7f/);
  assert.match(deadline("-9223372036854775808").toString("hex"), /2880808080808080808001/);
  assert.throws(() => deadline("9223372036854775808"), /spec\.activeDeadlineSeconds: expected an int64/);
  assert.throws(() => deadline("1.5"), /spec\.activeDeadlineSeconds: expected an int64/);
});

test("times are what the calendar says", () => {
  for (const time of [
    "1970-01-01T00:00:00Z",
    "2000-02-29T23:59:59Z",
    "2026-12-31T12:00:01Z",
    "2100-03-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
  ]) {
    const json = JSON.stringify({ ...configMap, metadata: { creationTimestamp: time } });
    assert.deepEqual(after(json), JSON.parse(json));
  }
  assert.throws(
    () => after('{"metadata":{"creationTimestamp":"2026-02-30T25:00:00Z"}}'),
    /creationTimestamp: .* is not a time/,
  );
});

for (const [what, json, message] of [
  ["a text", '{"metadata":{"name":7}}', /^ProtobufError: metadata\.name: expected a string, got number$/],
  ["a message", '{"metadata":[]}', /^ProtobufError: metadata: expected an object, got array$/],
  ["a map", '{"data":"x"}', /^ProtobufError: data: expected a map, got string$/],
  ["a list", '{"metadata":{"finalizers":{}}}', /^ProtobufError: metadata\.finalizers: expected a list, got object$/],
  ["a boolean", '{"immutable":"true"}', /^ProtobufError: immutable: expected a boolean, got string$/],
  ["an end", '{"data":{"a":"b', /the stored object ends inside a value/],
] as const) {
  test(`where ${what} should be and is not, that is an error`, () => {
    assert.throws(() => encodeStored(Buffer.from(json), configMap), message);
  });
}

test("a list's items fit into blocks whatever their sizes, in their order", () => {
  const list = { apiVersion: "v1", kind: "ConfigMapList" };
  const sizes = [10, 300_000, 5, 100, 262_000, 130, 1_000_000, 1, 2];
  for (const hint of [1, 1000, 10_000_000]) {
    const encoder = listEncoder(list, hint);
    const objects = sizes.map((size, index) => ({ metadata: { name: `m${index}` }, data: { text: "x".repeat(size) } }));
    const added = objects.map((object) => encoder.add(Buffer.from(JSON.stringify({ ...configMap, ...object }))));
    const blocks = encoder.take(true);
    const size = added.reduce((sum, each) => sum + each);
    assert.equal(
      blocks.reduce((sum, { length }) => sum + length, 0),
      size,
    );
    const bytes = Buffer.concat([encoder.head, encoder.start({ resourceVersion: "7" }, size), ...blocks, encoder.end]);
    assert.deepEqual(decodeObject(bytes).object, { ...list, metadata: { resourceVersion: "7" }, items: objects });
  }
});
