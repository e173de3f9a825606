import assert from "node:assert/strict";
import { test } from "node:test";
import { writeExactIntegers } from "../../base/exact-json.ts";
import {
  encode,
  exactObjectOf,
  labelsIn,
  metadataIn,
  objectOf,
  readWithoutManagedFields,
  stamp,
  stampedCopy,
} from "./codec.ts";

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", resourceVersion: "7", labels: { a: "b" } },
  spec: { x: 1 },
};

test("the revision is stamped into the bytes, as often as one likes", () => {
  const bytes = encode(pod);
  for (const revision of [1, 42, 9007199254740991, 3]) {
    assert.equal(stamp(bytes, revision), bytes);
    assert.deepEqual(JSON.parse(bytes.toString()), {
      ...pod,
      metadata: { ...pod.metadata, resourceVersion: String(revision) },
    });
  }
});

test("a copy leaves the original alone", () => {
  const bytes = stamp(encode(pod), 5);
  const copy = stampedCopy(bytes, 6);
  assert.equal(objectOf(bytes).metadata?.resourceVersion, "5");
  assert.equal(objectOf(copy).metadata?.resourceVersion, "6");
});

test("bytes of another program get room for the revision", () => {
  const bytes = Buffer.from(JSON.stringify({ ...pod, metadata: { name: "web" } }));
  assert.equal(objectOf(stamp(bytes, 12)).metadata?.resourceVersion, "12");
});

test("a room is where the metadata begins, and nowhere else", () => {
  const room = '"metadata":{"resourceVersion":"5"               ';
  for (const text of [
    `{"kind":"Pod","spec":{${room}}},"metadata":{"name":"web"}}`,
    `{"kind":"Pod",${room.replace('5"', "5x")}","name":"web"}}`,
    `{"kind":"Pod",${room.slice(0, -1)},"name":"web"}}`,
    '{"kind":"Pod","metadata":{"resourceVersion":"@@@@@@@@","name":"web"}}',
    '{"kind":"Pod","metadata":{"resourceVersion":""                ,"name":"web"}}',
    '{"kind":"{}\\"{","metadata":{"resourceVersion":"5"}}',
    '{"kind":{"a":[{}]},"metadata":{"resourceVersion":"5"}}',
    '{"kind":"Pod"}',
  ]) {
    const bytes = Buffer.from(text);
    const { metadata, ...rest } = JSON.parse(text);
    const stamped = stamp(bytes, 12);
    assert.notEqual(stamped, bytes, text);
    assert.equal(bytes.toString(), text);
    assert.deepEqual(JSON.parse(stamped.toString()), { ...rest, metadata: { ...metadata, resourceVersion: "12" } });
    assert.equal(stamp(stamped, 13), stamped);
  }
});

test("text that looks like the room inside an object is not taken for it", () => {
  const trap = {
    ...pod,
    metadata: { name: "web", annotations: { a: '"metadata":{"resourceVersion":"@@@@@@@@@@@@@@@@"' } },
  };
  const bytes = stamp(encode(trap), 77);
  const back = objectOf(bytes);
  assert.equal(back.metadata?.resourceVersion, "77");
  assert.deepEqual(back.metadata?.annotations, trap.metadata.annotations);
});

test("stored bytes keep nothing but themselves", () => {
  const { buffer, length } = encode({ ...pod, metadata: { name: "wäb" } });
  assert.equal(buffer.byteLength, length);
});

test("parts of an object are found in its bytes", () => {
  const managedFields = [{ manager: "m", fieldsV1: { 'f:"}': {} } }];
  for (const metadata of [pod.metadata, { ...pod.metadata, managedFields }, { name: "x" }, {}]) {
    const bytes = stamp(encode({ ...pod, metadata } as never), 5);
    const object = objectOf(bytes);
    const span = metadataIn(bytes)!;
    assert.deepEqual(JSON.parse(bytes.toString("utf8", span.start, span.end)), object.metadata);
    assert.deepEqual(labelsIn(bytes), object.metadata?.labels);
    const expected = "managedFields" in metadata ? { ...object.metadata, managedFields: [] } : object.metadata;
    assert.deepEqual(readWithoutManagedFields([{ bytes }]).objects, [{ ...object, metadata: expected }]);
  }
});

test("integers that no number holds are exact for who writes them again, and numbers for all others", () => {
  writeExactIntegers();
  const bytes = stamp(encode({ ...pod, spec: { x: 2n ** 53n + 1n } } as never), 5);
  assert.match(bytes.toString(), /"x":9007199254740993\}/);
  assert.deepEqual((exactObjectOf(bytes) as { spec?: unknown }).spec, { x: 2n ** 53n + 1n });
  assert.deepEqual((objectOf(bytes) as { spec?: unknown }).spec, { x: 2 ** 53 });
  assert.deepEqual((exactObjectOf(stampedCopy(bytes, 6)) as { spec?: unknown }).spec, { x: 2n ** 53n + 1n });
});
