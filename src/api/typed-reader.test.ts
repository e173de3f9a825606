import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../base/random.ts";
import { TypeMismatchError } from "./scalar-values.ts";
import { loadSchema } from "./schema-data.ts";
import { randomObject, spoiled } from "./testing/random-object.ts";
import { readSound } from "./typed-reader.ts";
import { normalizeObject, normalizeStepwise } from "./unknown-fields.ts";

const schema = loadSchema();
const definitions = [...new Set(schema.resources.map(({ definition }) => definition))];

function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof TypeMismatchError, String(error));
    return error.message;
  }
}

test("objects of every kind are read as step by step, also when something in them is wrong", () => {
  const random = seededRandom(3);
  let sound = 0;
  for (const definition of definitions) {
    for (let round = 0; round < 12; round++) {
      const plain = randomObject(schema, definition, random);
      const object = round % 3 === 0 ? plain : spoiled(plain, random);
      const before = structuredClone(object);
      const wanted = outcome(() => normalizeStepwise(object, schema, { definition }));
      assert.deepEqual(
        outcome(() => normalizeObject(object, schema, definition)),
        wanted,
      );
      assert.deepEqual(object, before, "what is not owned is not changed");
      if (readSound(object, { schema, definition, isOwned: false }) !== undefined) sound++;
      const owned = structuredClone(object);
      assert.deepEqual(
        outcome(() => normalizeObject(owned, schema, definition, { isOwned: true })),
        wanted,
      );
    }
  }
  assert.ok(sound > definitions.length * 4, `${sound} sound objects`);
});

const POD = "io.k8s.api.core.v1.Pod";

test("a value that is owned becomes the result, but for structs that lose a field", () => {
  const containers = [{ name: "a", resources: { limits: { cpu: " 1 " } } }];
  const pod = { metadata: { name: "p", creationTimestamp: null }, spec: { containers } };
  const object = readSound(pod, { schema, definition: POD, isOwned: true });
  assert.equal(object, pod);
  assert.equal((object as unknown as typeof pod).spec.containers, containers);
  assert.deepEqual(object, {
    metadata: { name: "p" },
    spec: { containers: [{ name: "a", resources: { limits: { cpu: "1" } } }] },
  });
  assert.deepEqual(Object.keys(object?.metadata as object), ["name"]);
});

test("a copy shares nothing that has a type", () => {
  const pod = { spec: { containers: [{ name: "a", ports: [{ containerPort: 1 }] }], nodeSelector: { a: "b" } } };
  const spec = readSound(pod, { schema, definition: POD, isOwned: false })?.spec as typeof pod.spec;
  assert.deepEqual(spec, pod.spec);
  assert.notEqual(spec.containers, pod.spec.containers);
  assert.notEqual(spec.containers[0]?.ports[0], pod.spec.containers[0]?.ports[0]);
  assert.notEqual(spec.nodeSelector, pod.spec.nodeSelector);
});
