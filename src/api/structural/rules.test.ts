import assert from "node:assert/strict";
import { test } from "node:test";
import type { JSONSchemaProps, ValidationRule } from "../generated/apiextensions.k8s.io/v1.ts";
import { compileStructural } from "./compile.ts";
import { compileRules } from "./rules.ts";
import { compileValidator } from "./validate.ts";
import { validateCustomResource } from "./validate-custom-resource.ts";

type Rule = string | ValidationRule;
const ruled = (schema: JSONSchemaProps, ...rules: Rule[]): JSONSchemaProps => ({
  ...schema,
  "x-kubernetes-validations": rules.map((rule) => (typeof rule === "string" ? { rule } : rule)),
});
const objectOf = (properties: Record<string, JSONSchemaProps>): JSONSchemaProps => ({ type: "object", properties });
const integer = { type: "integer" };
const text = { type: "string" };

async function errorsOf(schema: JSONSchemaProps, object: unknown, old?: unknown): Promise<string[]> {
  const structural = compileStructural(schema);
  const validator = await compileValidator(structural);
  const rules = await compileRules(structural);
  return validateCustomResource({ validator, rules }, object, old).map(({ field, message }) => `${field}: ${message}`);
}

const replicas = objectOf({ min: integer, max: integer, now: integer });

const cases: readonly [name: string, schema: JSONSchemaProps, object: unknown, errors: string[]][] = [
  ["passes", objectOf({ spec: ruled(replicas, "self.min <= self.max") }), { spec: { min: 1, max: 2 } }, []],
  [
    "fails",
    objectOf({ spec: ruled(replicas, "self.min <= self.max") }),
    { spec: { min: 3, max: 2 } },
    ["spec: Invalid value: failed rule: self.min <= self.max"],
  ],
  [
    "a scalar is shown",
    objectOf({ spec: objectOf({ n: ruled(integer, { rule: "self > 3", message: " too small " }) }) }),
    { spec: { n: 1 } },
    ["spec.n: Invalid value: 1: too small"],
  ],
  [
    "at the root, with names of metadata",
    ruled(objectOf({ spec: objectOf({}) }), "self.metadata.name.startsWith('a') && self.kind == 'X'"),
    { apiVersion: "a/v1", kind: "X", metadata: { name: "b" } },
    ["<nil>: Invalid value: failed rule: self.metadata.name.startsWith('a') && self.kind == 'X'"],
  ],
  [
    "messageExpression, reason and fieldPath",
    objectOf({
      spec: ruled(replicas, {
        rule: "self.now <= self.max",
        messageExpression: "'at most ' + string(self.max)",
        reason: "FieldValueForbidden",
        fieldPath: ".now",
      }),
    }),
    { spec: { now: 4, max: 3 } },
    ["spec.now: Forbidden: at most 3"],
  ],
  [
    "a messageExpression that fails gives way to the message",
    objectOf({
      spec: ruled(replicas, { rule: "false", message: "plain", messageExpression: "string(self.max / 0)" }),
    }),
    { spec: { max: 3 } },
    ["spec: Invalid value: plain"],
  ],
  [
    "elements of lists and values of maps",
    objectOf({
      list: { type: "array", items: ruled(integer, "self < 5") },
      map: { type: "object", additionalProperties: ruled(text, { rule: "self != ''", reason: "FieldValueRequired" }) },
    }),
    { list: [1, 7], map: { a: "", b: "x" } },
    ["list[1]: Invalid value: 7: failed rule: self < 5", "map[a]: Required value: failed rule: self != ''"],
  ],
  [
    "escaped names",
    objectOf({
      spec: ruled(objectOf({ "a-b": integer, namespace: integer }), "self.a__dash__b == self.__namespace__"),
    }),
    { spec: { "a-b": 1, namespace: 2 } },
    ["spec: Invalid value: failed rule: self.a__dash__b == self.__namespace__"],
  ],
  [
    "times, durations, bytes, int-or-string",
    objectOf({
      spec: ruled(
        objectOf({
          at: { ...text, format: "date-time" },
          day: { ...text, format: "date" },
          long: { ...text, format: "duration" },
          data: { ...text, format: "byte" },
          either: { "x-kubernetes-int-or-string": true },
        }),
        "self.at.getFullYear() == 2024",
        "self.day.getMonth() == 1",
        "self.long > duration('1h')",
        "self.data == b'abc'",
        "type(self.either) == int ? self.either < 3 : self.either == '5%'",
      ),
    }),
    {
      spec: { at: "2024-01-01T00:00:00Z", day: "2024-02-03", long: "2h", data: "YWJj", either: "5%" },
    },
    [],
  ],
  [
    "what fails to evaluate",
    objectOf({ spec: ruled(objectOf({ a: integer }), "self.a / 0 == 1") }),
    { spec: { a: 1 } },
    ['spec: Invalid value: "object": division by zero evaluating rule: self.a / 0 == 1'],
  ],
  [
    "what does not compile is told with each object",
    objectOf({ spec: ruled(replicas, "self.max") }),
    { spec: {} },
    ['spec: Invalid value: "object": rule compile error: cel expression must evaluate to a bool'],
  ],
  [
    "rules wait until the schema is satisfied",
    objectOf({ spec: { ...ruled(replicas, "false"), required: ["min"] } }),
    { spec: {} },
    [
      "spec.min: Required value",
      "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
    ],
  ],
  [
    "null is nothing to look at",
    objectOf({ spec: { ...ruled(replicas, "false"), nullable: true } }),
    { spec: null },
    [],
  ],
];

for (const [name, schema, object, errors] of cases) {
  test(`rules: ${name}`, async () => assert.deepEqual(await errorsOf(schema, object), errors));
}

const listOfMaps = {
  type: "array",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["k"],
  items: { type: "object", properties: { k: text, v: ruled(integer, "self >= oldSelf") } },
};

const transitions: readonly [name: string, schema: JSONSchemaProps, old: unknown, now: unknown, errors: string[]][] = [
  [
    "a transition",
    objectOf({ n: ruled(integer, "self >= oldSelf") }),
    { n: 3 },
    { n: 2 },
    ["n: Invalid value: 2: failed rule: self >= oldSelf"],
  ],
  ["no transition without an old value", objectOf({ n: ruled(integer, "self >= oldSelf") }), {}, { n: 2 }, []],
  [
    "elements of a list by their keys",
    objectOf({ list: listOfMaps }),
    {
      list: [
        { k: "a", v: 1 },
        { k: "b", v: 5 },
      ],
    },
    {
      list: [
        { k: "b", v: 4 },
        { k: "c", v: 0 },
        { k: "a", v: 2 },
      ],
    },
    ["list[0].v: Invalid value: 4: failed rule: self >= oldSelf"],
  ],
  [
    "optionalOldSelf",
    objectOf({ n: ruled(integer, { rule: "self >= oldSelf.orValue(10)", optionalOldSelf: true }) }),
    {},
    { n: 2 },
    ["n: Invalid value: 2: failed rule: self >= oldSelf.orValue(10)"],
  ],
  [
    "what did not change passes",
    objectOf({ spec: ruled(replicas, "self.min <= self.max"), other: integer }),
    { spec: { min: 3, max: 2 }, other: 1 },
    { spec: { min: 3, max: 2 }, other: 2 },
    [],
  ],
  [
    "an element of an atomic list passes with its list",
    objectOf({ list: { type: "array", items: ruled(integer, "self < 5") }, other: integer }),
    { list: [7], other: 1 },
    { list: [7], other: 2 },
    [],
  ],
  [
    "and not when the list changed",
    objectOf({ list: { type: "array", items: ruled(integer, "self < 5") } }),
    { list: [7] },
    { list: [7, 1] },
    ["list[0]: Invalid value: 7: failed rule: self < 5"],
  ],
  [
    "transition rules are about what did not change too",
    objectOf({ n: ruled(integer, "self > oldSelf") }),
    { n: 2 },
    { n: 2 },
    ["n: Invalid value: 2: failed rule: self > oldSelf"],
  ],
];

for (const [name, schema, old, now, errors] of transitions) {
  test(`rules: ${name}`, async () => assert.deepEqual(await errorsOf(schema, now, old), errors));
}

const itemOf = (type: JSONSchemaProps) =>
  ({ list: { type: "array", maxItems: 10, ...type } }) as Record<string, JSONSchemaProps>;
const asSet = itemOf({ items: { type: "string" }, "x-kubernetes-list-type": "set" });
const asMap = itemOf({
  items: { ...objectOf({ k: text, v: integer }), required: ["k"] },
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["k"],
});
const words = ruled(objectOf({ namespace: text, if: text }), "self.namespace == 'a'", "self.__if__ == 'b'");
const stamps = objectOf({ at: { type: "string", format: "date-time" }, span: { type: "string", format: "duration" } });

const holding: readonly [name: string, schema: JSONSchemaProps, object: unknown, old?: unknown][] = [
  ["sets have no order", ruled(objectOf(asSet), "self.list == ['b', 'a']"), { list: ["a", "b"] }],
  ["sets are joined", ruled(objectOf(asSet), "(self.list + ['b', 'c']).size() == 3"), { list: ["a", "b"] }],
  [
    "lists with keys have no order",
    ruled(objectOf(asMap), "self.list == oldSelf.list"),
    { list: [{ k: "b" }, { k: "a", v: 1 }] },
    { list: [{ k: "a", v: 1 }, { k: "b" }] },
  ],
  [
    "lists with keys are merged",
    ruled(objectOf(asMap), "(self.list + oldSelf.list).size() == 2 && (self.list + oldSelf.list)[0].v == 2"),
    { list: [{ k: "a", v: 1 }, { k: "b" }] },
    { list: [{ k: "a", v: 2 }] },
  ],
  ["names that are words of other languages, escaped or not", words, { namespace: "a", if: "b" }],
  [
    "times and spans",
    ruled(stamps, "self.at - duration('1h') < self.at && self.span == duration('90s')"),
    { at: "2026-01-01T00:00:00Z", span: "1m30s" },
  ],
];

for (const [name, schema, object, old] of holding) {
  test(`rules: ${name}`, async () => assert.deepEqual(await errorsOf(schema, object, old), []));
}

test("rules: one that costs too much ends the others", async () => {
  const schema = objectOf({
    list: ruled({ type: "array", items: integer }, "self.all(x, self.all(y, self.all(z, x + y + z >= 0)))", "false"),
  });
  const [error, ...others] = await errorsOf(schema, { list: Array.from({ length: 300 }, (_, index) => index) });
  assert.match(
    error!,
    /^list: Invalid value: "array": '.*cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.all/,
  );
  assert.deepEqual(others, []);
});

test("rules: warnings tell what passes because it was so before", async () => {
  const structural = compileStructural(objectOf({ n: ruled(integer, "self < 5") }));
  const rules = await compileRules(structural);
  const { errors, warnings } = rules!.validate({ n: 7 }, { n: 7 });
  assert.deepEqual(errors, []);
  assert.equal(warnings.length, 1);
});

test("a schema without rules has none to load", async () => {
  assert.equal(await compileRules(compileStructural(objectOf({ a: text }))), undefined);
});

test("replicas that a scale cannot show", async () => {
  const structural = compileStructural(objectOf({}));
  const validator = await compileValidator(structural);
  const replicaPaths = [".spec.replicas", ".status.replicas"];
  const errors = validateCustomResource(
    { validator, replicaPaths },
    { spec: { replicas: -1 }, status: { replicas: 2 ** 31 } },
  );
  assert.deepEqual(
    errors.map(({ field, message }) => `${field}: ${message}`),
    [
      ".spec.replicas: Invalid value: -1: should be a non-negative integer",
      ".status.replicas: Invalid value: 2147483648: should be less than or equal to 2147483647",
    ],
  );
});

test("rules of items say what is wrong where a definition's change made something else of the list", async () => {
  const items = ruled(replicas, "self.min > 0");
  const schema = objectOf({ spec: objectOf({ parts: { type: "object", items } }) });
  const object = { spec: { parts: [{ min: 1 }] } };
  const why = "rule compiler initialization error: failed to convert to declType for CEL validation rules";
  assert.deepEqual(await errorsOf(schema, object, object), [`spec.parts[0]: Invalid value: "object": ${why}`]);
  assert.deepEqual(await errorsOf(schema, { spec: { parts: {} } }), []);
});
