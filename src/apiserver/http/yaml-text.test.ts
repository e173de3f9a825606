import assert from "node:assert/strict";
import { test } from "node:test";
import { dump, load } from "js-yaml";
import { yamlText } from "./yaml-text.ts";

const many = (count: number) => Array.from({ length: count }, (_, index) => `k${index}`);

for (const count of [0, 1, 200, 201, 1000]) {
  test(`an object with ${count} of everything is written as a whole would be`, async () => {
    const value = {
      kind: "X",
      data: Object.fromEntries(many(count).map((key) => [key, `line\n${key}: "x"\n`])),
      list: many(count).map((name) => ({ name, none: [] })),
      long: "x".repeat(count),
      nothing: null,
    };
    const text = await yamlText(value);
    assert.equal(text, dump(value));
    assert.deepEqual(load(text), value);
  });
}

test("what is shared in memory is written each time", async () => {
  const shared = { a: [1] };
  assert.equal(await yamlText({ one: shared, two: shared }), "one:\n  a:\n    - 1\ntwo:\n  a:\n    - 1\n");
});

test("names that mean something elsewhere stay names", async () => {
  const data = JSON.parse(
    `{"__proto__":"a",${many(300)
      .map((key) => `"${key}":""`)
      .join()}}`,
  ) as object;
  assert.deepEqual(Object.keys(load(await yamlText({ data })) as object), ["data"]);
  assert.match(await yamlText({ data }), /__proto__: a/);
});
