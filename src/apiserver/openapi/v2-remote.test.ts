import assert from "node:assert/strict";
import { test } from "node:test";
import { remotePart } from "./v2-remote.ts";

const of = { group: "a.example", version: "v1" };
const ref = (name: string) => ({ $ref: `#/definitions/${name}` });
const answers = (name: string) => ({ get: { responses: { 200: { description: "OK", schema: ref(name) } } } });

const document = {
  swagger: "2.0",
  paths: {
    "/apis/a.example/v1/things": answers("Things"),
    "/apis/a.example/v1": answers("Meta"),
    "/apis/a.example/v1beta1/things": answers("Old"),
    "/version": answers("Version"),
  },
  definitions: {
    Things: { type: "object", properties: { items: { type: "array", items: ref("Thing") }, metadata: ref("Meta") } },
    Thing: { type: "object", properties: { same: ref("Same"), again: ref("Thing") } },
    Meta: { type: "object", description: "theirs" },
    Same: { type: "string" },
    Old: { type: "object" },
    Version: { type: "object" },
  },
};

test("paths of the group's version are taken, with the definitions that they need", () => {
  const part = remotePart(document, of, () => undefined);
  assert.deepEqual(
    part.paths.map(([path]) => path),
    ["/apis/a.example/v1/things", "/apis/a.example/v1"],
  );
  assert.deepEqual(part.definitions.map(([name]) => name).toSorted(), ["Meta", "Same", "Thing", "Things"]);
  assert.deepEqual(part.shared, []);
});

test("definitions that are there already are shared, or get another name", () => {
  const own: Record<string, object> = {
    Same: { type: "string" },
    Meta: { type: "object", description: "ours" },
    Meta_v2: {},
  };
  const part = remotePart(document, of, (name) => own[name] as never);
  const definitions = Object.fromEntries(part.definitions);
  assert.deepEqual(part.shared, ["Same"]);
  assert.deepEqual(Object.keys(definitions).toSorted(), ["Meta_v3", "Thing", "Things"]);
  assert.deepEqual(definitions.Things?.properties, {
    items: { type: "array", items: ref("Thing") },
    metadata: ref("Meta_v3"),
  });
  assert.deepEqual(Object.fromEntries(part.paths)["/apis/a.example/v1"], answers("Meta_v3"));
});

test("what is no such document adds nothing", () => {
  for (const wrong of [
    undefined,
    null,
    "x",
    [],
    {},
    { paths: [] },
    { paths: { "/apis/a.example/v1/x": 7 }, definitions: 8 },
  ]) {
    assert.deepEqual(
      remotePart(wrong, of, () => undefined),
      { paths: [], definitions: [], shared: [] },
    );
  }
});
