import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ApiObject } from "../../api/meta.ts";
import { entryWithText } from "../../api/patch/fields-text.ts";
import { cloneJson } from "../../api/patch/json-value.ts";
import { seenOf } from "./alike.ts";
import { contentOf, encode, objectOf, stamp } from "./codec.ts";
import { prepareLike } from "./like-content.ts";

const RUNS = { numRuns: 3000 };
const OWN = "own-bcdfg";
const OTHER = "own-z2456";

/** Few values, so that objects of one kind come often. */
const scalar = fc.constantFrom<unknown>(OWN, OTHER, `${OWN}-0`, "", "ä\n", "a", 0, -0, 1, true, null, undefined);
const key = fc.constantFrom("a", "b", "name", "ä", OWN, OTHER);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, fc.array(tie("value"), { maxLength: 3 }), tie("object")),
  object: fc
    .uniqueArray(fc.tuple(key, tie("value")), { maxLength: 4, selector: ([name]) => name })
    .map((fields) => Object.fromEntries(fields)),
}));
const object = (spec: unknown, name: string): ApiObject =>
  ({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec, status: { phase: "Pending" } }) as ApiObject;

/** The value with each own name in place of another. */
function renamed(of: unknown, name: string): unknown {
  if (of === OWN) return name;
  if (Array.isArray(of)) return of.map((each) => renamed(each, name));
  if (typeof of !== "object" || of === null) return of;
  return Object.fromEntries(Object.entries(of).map(([field, each]) => [field, renamed(each, name)]));
}

function written(of: ApiObject, like: ReturnType<typeof prepareLike>, name: string | undefined): string | undefined {
  const content = like?.contentOf(of, name);
  return content && encode(of, content).toString();
}

test("an object that is taken for alike is written as if it were not, and its rules see the same", () => {
  const property = fc.property(value, value, fc.constantFrom(OWN, OTHER), fc.boolean(), (one, two, name, isAlike) => {
    const first = object(one, "a");
    const next = object(isAlike ? renamed(one, name) : two, "b");
    const like = prepareLike(first, contentOf(first), OWN);
    const before = encode(next).toString();
    const text = written(next, like, name);
    assert.equal(encode(next).toString(), before, "sharing changes nothing");
    if (text === undefined) return;
    assert.equal(text, before);
    const seen = (of: ApiObject, ownName: string) => seenOf({ metadata: "", ownName }, contentOf(of).text);
    assert.deepEqual(seen(next, name), seen(first, OWN));
  });
  fc.assert(property, RUNS);
});

test("the same content is found again, under another name as well", () => {
  const spec = { volumes: [{ name: OWN, emptyDir: {} }], mounts: [{ name: OWN, path: "/ä" }], absent: undefined };
  const first = object(spec, "a");
  const like = prepareLike(first, contentOf(first), OWN);
  for (const name of [OWN, OTHER]) {
    const next = object(renamed(cloneJson(spec), name), "b");
    assert.equal(written(next, like, name), encode(next).toString());
    const object_ = objectOf(stamp(encode(next, like!.contentOf(next, name)), 7));
    assert.deepEqual(object_, JSON.parse(JSON.stringify({ ...next, metadata: { resourceVersion: "7", name: "b" } })));
  }
});

test("managed fields are written as they are elsewhere, and what is shared is the same for all", () => {
  const spec = { volumes: [{ name: OWN, emptyDir: {} }], containers: [{ name: "a" }], nested: { deep: { a: 1 } } };
  const first = object(spec, "a");
  const like = prepareLike(first, contentOf(first), OWN)!;
  const entry = { manager: "m", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1" } as const;
  const entries = (time: string) => [entryWithText({ ...entry, time }, '{"f:ä":{}}')];
  const plain = { ...entry, time: "t", fieldsV1: { "f:b": {} } };
  for (const managedFields of [
    entries("1"),
    entries("1"),
    entries("2"),
    [...entries("3"), plain],
    [plain],
    [],
    undefined,
  ]) {
    const next = object(renamed(cloneJson(spec), OTHER), "b");
    if (managedFields !== undefined) next.metadata!.managedFields = managedFields;
    const before = encode(next).toString();
    assert.equal(written(next, like, OTHER), before);
    const shared = (next as unknown as { spec: typeof spec }).spec;
    assert.equal(shared.nested, spec.nested);
    assert.equal(shared.containers, spec.containers);
    assert.deepEqual(shared.volumes, [{ name: OTHER, emptyDir: {} }]);
  }
});

test("what differs in anything is not taken for alike", () => {
  const spec = {
    volumes: [{ name: OWN, emptyDir: {} }, { name: "x" }],
    count: 1,
    list: ["a", "b"],
    nested: { a: 1, b: {} },
  };
  const first = object(spec, "a");
  const like = prepareLike(first, contentOf(first), OWN)!;
  const cases: readonly [string, (draft: typeof spec & Record<string, unknown>) => void][] = [
    ["number", (draft) => void (draft.count = 2)],
    ["type", (draft) => void ((draft as Record<string, unknown>).count = "1")],
    ["order of a list", (draft) => void draft.list.reverse()],
    ["shorter list", (draft) => void draft.list.pop()],
    ["longer list", (draft) => void draft.list.push("c")],
    ["another field", (draft) => void (draft.more = null)],
    ["order of fields", (draft) => void (draft.nested = { b: {}, a: 1 })],
    ["list for an object", (draft) => void ((draft.nested as Record<string, unknown>).b = [])],
    ["name that it does not own", (draft) => void (draft.volumes[1]!.name = OWN)],
    ["name of the one before", (draft) => void (draft.volumes[0]!.name = OTHER)],
  ];
  assert.ok(like.contentOf(object(cloneJson(spec), "b"), OWN) !== undefined);
  for (const [what, change] of cases) {
    const draft = cloneJson(spec);
    change(draft);
    assert.equal(like.contentOf(object(draft, "b"), OWN), undefined, what);
  }
  // Others have no name of their own, one of another length, or one that stands elsewhere as well.
  assert.equal(like.contentOf(object(cloneJson(spec), "b"), undefined), undefined);
  assert.equal(like.contentOf(object(renamed(spec, `${OWN}x`), "b"), `${OWN}x`), undefined);
  const twice = object({ ...spec, list: [OTHER] }, "a");
  const next = object({ ...(renamed(spec, OTHER) as object), list: [OTHER] }, "b");
  assert.equal(prepareLike(twice, contentOf(twice), OWN)?.contentOf(next, OTHER), undefined);
});

test("names inside of texts and of fields, and integers that no number holds, are not prepared for", () => {
  for (const spec of [{ a: `${OWN}-0` }, { [OWN]: 1 }]) {
    const one = object(spec, "a");
    assert.equal(prepareLike(one, contentOf(one), OWN), undefined);
  }
  const one = object({}, "a");
  assert.equal(prepareLike(one, { ...contentOf(one), hasLongIntegers: true }, undefined), undefined);
});
