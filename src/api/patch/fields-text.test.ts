import assert from "node:assert/strict";
import { test } from "node:test";
import { entryWithText, managedFieldsText } from "./fields-text.ts";

const FIELDS = { "f:spec": { "f:replicas": {} } };
const entry = () =>
  entryWithText({ manager: "m", operation: "Update", fieldsType: "FieldsV1" }, JSON.stringify(FIELDS));
const PLAIN = { manager: "m", operation: "Update", fieldsType: "FieldsV1", fieldsV1: FIELDS };

test("an entry looks as if it had been parsed", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(entry())), PLAIN);
  assert.deepEqual({ ...entry() }, PLAIN);
  assert.deepEqual(structuredClone(Object.freeze(entry())), PLAIN);
  const read = entry();
  assert.equal(read.fieldsV1, read.fieldsV1);
});

test("text stands for the fields as long as nobody could have changed them", () => {
  assert.deepEqual(JSON.parse(managedFieldsText([entry(), PLAIN])!), [PLAIN, PLAIN]);
  const [looked, written, renamed] = [entry(), entry(), entry()];
  (looked.fieldsV1 as Record<string, unknown>)["f:status"] = {};
  written.fieldsV1 = { "f:metadata": {} };
  renamed.manager = "n";
  assert.equal(managedFieldsText([looked, written]), undefined);
  const all = [looked, written, renamed];
  assert.deepEqual(JSON.parse(managedFieldsText(all)!), JSON.parse(JSON.stringify(all)));
  assert.equal(managedFieldsText([PLAIN]), undefined);
});
