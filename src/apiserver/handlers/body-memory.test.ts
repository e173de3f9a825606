import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ApiObject } from "../../api/meta.ts";
import { BodyMemory } from "./body-memory.ts";

const RUNS = { numRuns: 3000 };

const name = fc.constantFrom("a", "b", "web-1", "a.b", "", 'a"b', "\\u0062", "ä", "a\\", "A", " ");
const scalar = fc.oneof(fc.constantFrom<unknown>("x", "name", '"name":"a"', "{", "ä", 0, 1, true, null), name);
const key = fc.constantFrom("name", "metadata", "spec", "labels", "a", 'q"');
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 2 }, scalar, fc.array(tie("value"), { maxLength: 2 }), tie("object")),
  object: fc
    .uniqueArray(fc.tuple(key, tie("value")), { maxLength: 3, selector: ([each]) => each })
    .map((fields) => Object.fromEntries(fields)),
}));
const metadata = fc.oneof(
  fc.record({ labels: value, name, spec: value }, { requiredKeys: ["name"] }),
  fc.record({ generateName: name, labels: value }),
  value,
);
const object = fc.record({ kind: scalar, metadata, spec: value }, { requiredKeys: [] });
const space = fc.constantFrom(undefined, " ", "\n");

const bytesOf = (text: string) => Buffer.from(text);
const read = (bytes: Buffer) => JSON.parse(bytes.toString()) as ApiObject;

function memoryOf(bytes: Buffer): BodyMemory {
  const memory = new BodyMemory();
  for (let times = 0; times < 2; times++) {
    assert.equal(memory.recall(bytes), undefined);
    memory.note(bytes, read(bytes));
  }
  return memory;
}

test("what is recalled of a body is what would be read of it", () => {
  const property = fc.property(object, object, name, space, (one, two, other, indent) => {
    const first = bytesOf(JSON.stringify(one, null, indent));
    const memory = memoryOf(first);
    const named = structuredClone(one) as { metadata?: { name?: unknown } };
    if (typeof named.metadata === "object" && named.metadata !== null) named.metadata.name = other;
    for (const next of [one, two, named]) {
      const bytes = bytesOf(JSON.stringify(next, null, indent));
      const draft = memory.recall(bytes)?.draft;
      if (draft !== undefined) assert.equal(JSON.stringify(draft), JSON.stringify(read(bytes)));
    }
  });
  fc.assert(property, RUNS);
});

const pod = (called: string, image = "i") =>
  bytesOf(
    `{"kind":"Pod","metadata":{"labels":{"name":"x"},"name":"${called}"},"spec":{"containers":[{"name":"c","image":"${image}"}]}}`,
  );

test("bodies that differ by their objects' names are recalled, each as an object of its own", () => {
  const memory = memoryOf(pod("a"));
  const [one, two] = [memory.recall(pod("b")), memory.recall(pod("much-longer.name"))];
  assert.deepEqual(one?.draft, read(pod("b")));
  assert.deepEqual(two?.draft, read(pod("much-longer.name")));
  assert.equal(one?.sameness, two?.sameness);
  one.draft.metadata!.labels!.name = "changed";
  assert.deepEqual(memory.recall(pod("a"))?.draft, read(pod("a")));
});

test("what differs in anything else is read, as are names that JSON does not write as they are", () => {
  const memory = memoryOf(pod("a"));
  for (const other of [pod("a", "j"), pod(""), pod("\\u0062"), pod('b","x":"'), pod("ä"), bytesOf("{}"), bytesOf("")]) {
    assert.equal(memory.recall(other), undefined, other.toString());
  }
  assert.equal(
    memoryOf(bytesOf('{"metadata":{"generateName":"a-"}}')).recall(bytesOf('{"metadata":{"generateName":"b-"}}')),
    undefined,
  );
});

test("a few bodies are remembered, and large ones not at all", () => {
  const memory = memoryOf(pod("a", "first"));
  for (let number = 0; number < 3; number++) memory.note(pod("a", `image-${number}`), read(pod("a")));
  assert.ok(memory.recall(pod("b", "first")) !== undefined);
  for (let number = 0; number < 4; number++) memory.note(pod("a", `more-${number}`), read(pod("a")));
  assert.equal(memory.recall(pod("b", "first")), undefined);
  assert.equal(memoryOf(pod("a", "i".repeat(40_000))).recall(pod("a", "i".repeat(40_000))), undefined);
});
