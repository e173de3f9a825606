import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchema } from "../schema-data.ts";
import { applyConfiguration, trackUpdate } from "./apply.ts";
import { union } from "./field-set.ts";
import type { JsonObject } from "./json-value.ts";
import { capManagers, identityOfManager, type Manager, unreadableManagers, writeManagers } from "./managers.ts";

const options = {
  schema: loadSchema(),
  definition: "io.k8s.api.core.v1.ConfigMap",
  manager: "me",
  apiVersion: "v1",
  time: "2026-02-01T00:00:00Z",
};
const good = {
  manager: "a",
  operation: "Update" as const,
  apiVersion: "v1",
  fieldsType: "FieldsV1",
  fieldsV1: { "f:data": { "f:x": {} } },
};
const map = (data: JsonObject, managedFields?: unknown): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", ...(managedFields !== undefined && { managedFields }) },
  data,
});

test("what says who owns what is read, or said to be unreadable", () => {
  const set = (fieldsV1: unknown) => ({ ...good, fieldsV1 });
  const broken = "error decoding set of managed fields entry 0";
  const cases: readonly (readonly [object, string | undefined])[] = [
    [good, undefined],
    [{ ...good, manager: "" }, undefined],
    [{ ...good, fieldsV1: undefined }, undefined],
    [{ ...good, operation: "" }, "operation must be `Apply` or `Update`"],
    [{ ...good, apiVersion: "" }, "apiVersion must not be empty"],
    [{ ...good, fieldsType: undefined }, "missing fieldsType in managed fields entry 0"],
    [{ ...good, fieldsType: "V2" }, 'invalid fieldsType "V2" in managed fields entry 0'],
    [set({ "x:unknown": {}, "f:a": { ".": {}, "f:b": {} } }), undefined],
    [set({ 'k:{"name":"a"}': {}, 'v:"x"': {}, "v:1": {}, "i:0": {} }), undefined],
    [set({ "f:a": 5 }), broken],
    [set({ "f:a": { "f:b": [] } }), broken],
    [set({ data: {} }), broken],
    [set({ "k:bad": {} }), broken],
    [set({ "v:{": {} }), broken],
    [set({ "i:x": {} }), broken],
  ];
  for (const [entry, why] of cases) assert.equal(unreadableManagers([entry]), why, JSON.stringify(entry));
});

test("who says what cannot be read leaves it as it was; who says that nobody owns anything is heard", () => {
  const live = map({ x: "1" }, [good]);
  const managers = (said: unknown) =>
    trackUpdate(live, map({ x: "1", y: "2" }, said), options)?.map(({ manager }) => manager);
  const other = { ...good, manager: "b" };
  for (const [said, expected] of [
    [undefined, ["a", "me"]],
    [[other], ["b", "me"]],
    [
      [other, { ...good, operation: "" }],
      ["a", "me"],
    ],
    [[], []],
    [[{}], []],
  ] as const) {
    assert.deepEqual(managers(said)?.toSorted(), expected, JSON.stringify(said));
  }
  assert.throws(
    () => applyConfiguration(live, map({}, []), options),
    /^StatusError: metadata\.managedFields must be nil$/,
  );
});

function capped(...named: readonly (readonly [name: string, version: string, second: number])[]): string[] {
  const managers = new Map<string, Manager>();
  for (const [manager, apiVersion, second] of named) {
    const time = `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
    const fields = { [`f:${manager}`]: {} };
    const each: Manager = { manager, operation: "Update", apiVersion, subresource: "", time, fields };
    managers.set(identityOfManager(each), each);
  }
  capManagers(managers, union);
  return writeManagers(managers.values())
    .filter(({ manager = "" }) => !manager.startsWith("late"))
    .map((entry) => {
      const fields = Object.keys(entry.fieldsV1 ?? {}).map((field) => field.slice(2));
      return `${entry.manager} ${entry.apiVersion} ${entry.time?.slice(17, 19)}: ${fields.join(" ")}`;
    });
}

test("of too many updaters the oldest of a version are put together, and one alone keeps its name", () => {
  const late = Array.from({ length: 9 }, (_, index) => [`late${index}`, "v1", 30 + index] as const);
  assert.deepEqual(capped(["a", "v1", 1], ...late), ["a v1 01: a"]);
  assert.deepEqual(capped(["a", "v1", 1], ["b", "v1", 2], ...late), ["ancient-changes v1 02: a b"]);
  assert.deepEqual(capped(["a", "v1", 1], ["b", "v2", 2], ["c", "v1", 3], ...late), [
    "b v2 02: b",
    "ancient-changes v1 30: a c late0",
  ]);
  assert.deepEqual(capped(["ancient-changes", "v1", 1], ["b", "v1", 2], ...late), [
    "ancient-changes v1 02: ancient-changes b",
  ]);
});

test("kubectl's note on what it applied is trusted for its own version only, and goes when it is too long", () => {
  const NOTE = "kubectl.kubernetes.io/last-applied-configuration";
  const noted = (apiVersion: string, more: JsonObject = {}): JsonObject => {
    const text = JSON.stringify({ apiVersion, kind: "ConfigMap", data: { x: "1" } });
    const object = map({ x: "1" }, [good]);
    return { ...object, metadata: { ...(object.metadata as JsonObject), annotations: { [NOTE]: text, ...more } } };
  };
  const apply = (live: JsonObject, data: JsonObject) =>
    applyConfiguration(live, map(data), { ...options, manager: "kubectl" }).metadata as { annotations: JsonObject };
  assert.match(String(apply(noted("v1"), { x: "2" }).annotations[NOTE]), /"x":"2"/);
  assert.throws(() => apply(noted("v2"), { x: "2" }), /1 conflict/);
  const long = { other: "y".repeat(200_000) };
  assert.deepEqual(apply(noted("v1", long), { x: "z".repeat(100_000) }).annotations, long);
});
