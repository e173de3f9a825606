import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../base/random.ts";
import { kindDefinitions } from "./kinds.ts";
import type { ApiObject } from "./meta.ts";
import { fieldsReader } from "./read-fields.ts";
import { loadSchema } from "./schema-data.ts";
import { columnFieldsOf, tableOf } from "./table.ts";
import { randomObject } from "./testing/random-object.ts";

const OBJECTS = 200;
const schema = loadSchema();
const random = seededRandom(7);

for (const definition of kindDefinitions) {
  const { group, version, kind } = definition;
  const fields = columnFieldsOf(definition);
  const name = Object.keys(schema.definitions).find((each) =>
    schema.definitions[each]!.kinds?.some((of) => of.group === group && of.version === version && of.kind === kind),
  );
  if (fields === undefined || name === undefined) continue;
  test(`rows of ${group}/${version} ${kind} need no other fields than their columns say`, () => {
    const read = fieldsReader(fields);
    const options = { nowMs: Date.parse("2026-01-03T00:00:00Z"), includeObject: "None" } as const;
    for (let count = 0; count < OBJECTS; count++) {
      const whole = JSON.parse(JSON.stringify(randomObject(schema, name, random))) as ApiObject;
      const shown = read(Buffer.from(JSON.stringify(whole))).object as ApiObject;
      assert.deepEqual(tableOf(definition, [shown], options).rows, tableOf(definition, [whole], options).rows);
    }
  });
}
