import assert from "node:assert/strict";
import { test } from "node:test";
import { writeExactIntegers } from "../../base/exact-json.ts";
import { seededRandom } from "../../base/random.ts";
import { loadSchema } from "../schema-data.ts";
import { StatusError } from "../status.ts";
import { randomObject, spoiled } from "../testing/random-object.ts";
import { createdFields } from "./created-fields.ts";
import { compareFields } from "./field-compare.ts";
import { difference, union } from "./field-set.ts";
import { typeOfDefinition } from "./field-types.ts";
import type { JsonObject } from "./json-value.ts";
import { unownedFields } from "./managers.ts";

writeExactIntegers();
const schema = loadSchema();
const definitions = [...new Set(schema.resources.map(({ definition }) => definition))];

/** What the comparison with an object that has nothing says. */
function byComparison(object: JsonObject, definition: string): string {
  const type = typeOfDefinition(schema, definition);
  const { added, modified } = compareFields({}, object, { type, schema });
  return JSON.stringify(difference(union(modified, added), unownedFields));
}

function textOrRefusal(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof StatusError, String((error as Error).stack));
    return "refused";
  }
}

test("what a maker owns is what the comparison with nothing says, for every kind", () => {
  const random = seededRandom(7);
  let owned = 0;
  for (const definition of definitions) {
    for (let round = 0; round < 10; round++) {
      const object = randomObject(schema, definition, random);
      const ignored = round % 2 === 0 ? ["status"] : [];
      const { status, ...withoutStatus } = object;
      const wanted = textOrRefusal(() => byComparison(round % 2 === 0 ? withoutStatus : object, definition));
      const got = textOrRefusal(() => createdFields(object, { schema, definition, ignored }));
      assert.equal(got, wanted, `${definition}: ${JSON.stringify(object)}`);
      if (got?.startsWith("{") && got.length > 2) owned++;
    }
  }
  assert.ok(owned > definitions.length * 5, `${owned} objects with fields`);
});

test("an object that is nearly of a known shape is told as what it is", () => {
  const random = seededRandom(11);
  for (const definition of definitions) {
    const first = randomObject(schema, definition, random);
    for (let round = 0; round < 12; round++) {
      const object = round === 0 ? first : spoiled(structuredClone(first), random);
      const told = (each: JsonObject) => textOrRefusal(() => createdFields(each, { schema, definition, ignored: [] }));
      const wanted = textOrRefusal(() => byComparison(object, definition));
      assert.equal(told(object), wanted, JSON.stringify(object));
      assert.equal(told(structuredClone(object)), wanted);
      told(first);
    }
  }
});

const POD = "io.k8s.api.core.v1.Pod";
const fieldsOf = (object: JsonObject) => createdFields(object, { schema, definition: POD, ignored: ["status"] });

test("what names an object, fields without a value and what is ignored belong to nobody", () => {
  const metadata = { name: "web", namespace: "default", uid: "1", labels: undefined, managedFields: [] };
  assert.equal(fieldsOf({ apiVersion: "v1", kind: "Pod", metadata, status: { phase: "Pending" } }), "{}");
});

test("elements that repeat each other, and fields of no type", () => {
  const container = { name: "a", image: "x" };
  const spec = { volumes: [], containers: [container, container, { name: "b", "new field": { deep: [1] } }] };
  assert.deepEqual(JSON.parse(fieldsOf({ spec })!), {
    "f:spec": {
      "f:containers": {
        'k:{"name":"a"}': {},
        'k:{"name":"b"}': { ".": {}, "f:name": {}, "f:new field": { ".": {}, "f:deep": {} } },
      },
      "f:volumes": {},
    },
  });
});

test("nothing is known of objects without a definition", () => {
  assert.equal(createdFields({ spec: {} }, { schema, definition: undefined, ignored: [] }), undefined);
});
