import assert from "node:assert/strict";
import { test } from "node:test";
import type { Field } from "../../src/api/schema.ts";
import { addApplyRules } from "./apply.ts";
import type { Model } from "./client-node/models.ts";
import { compareFields } from "./compare.ts";
import { emitColumnTexts } from "./emit/column-texts.ts";
import { readSections } from "./go/elf.ts";
import { structFields } from "./go/structs.ts";
import type { GoType } from "./go/types.ts";
import { compareVersions } from "./overlay/groups.ts";

const text: GoType = { kind: "string", text: "string", name: "", package: "", size: 16 };
const struct = (name: string, fields: GoType["fields"]): GoType => ({
  kind: "struct",
  text: `v1.${name}`,
  name,
  package: "k8s.io/api/core/v1",
  size: 0,
  fields: fields ?? [],
});

test("versions are ordered as clients prefer them", () => {
  const versions = ["v1alpha1", "v1", "v2beta1", "v1beta2", "v2", "v1beta1", "v10"];
  assert.deepEqual(versions.sort(compareVersions), ["v10", "v2", "v1", "v2beta1", "v1beta2", "v1beta1", "v1alpha1"]);
});

test("struct tags give names, numbers, patch rules and where inlined fields lie", () => {
  const source = struct("Source", [
    { name: "Path", tag: 'json:"path,omitempty" protobuf:"bytes,3,opt,name=path"', embedded: false, type: text },
  ]);
  const typeMeta = struct("TypeMeta", [
    { name: "Kind", tag: 'json:"kind,omitempty" protobuf:"bytes,1,opt,name=kind"', embedded: false, type: text },
  ]);
  const list: GoType = { kind: "slice", text: "[]string", name: "", package: "", size: 24, element: text };
  const fields = structFields(
    struct("Outer", [
      { name: "TypeMeta", tag: 'json:",inline"', embedded: true, type: typeMeta },
      { name: "Source", tag: 'json:",inline" protobuf:"bytes,2,opt,name=source"', embedded: true, type: source },
      {
        name: "Names",
        tag: 'json:"names" patchStrategy:"merge" patchMergeKey:"id" protobuf:"bytes,5,rep,name=names"',
        embedded: false,
        type: list,
      },
      { name: "Hidden", tag: 'json:"-"', embedded: false, type: text },
    ]),
  );
  assert.deepEqual(
    fields.map(({ name, number, inside, omitEmpty }) => ({ name, number, inside, omitEmpty })),
    [
      { name: "kind", number: undefined, inside: [], omitEmpty: true },
      { name: "path", number: 3, inside: [2], omitEmpty: true },
      { name: "names", number: 5, inside: [], omitEmpty: false },
    ],
  );
  assert.deepEqual([fields[2]?.patchStrategy, fields[2]?.patchMergeKey], ["merge", "id"]);
});

test("a difference between Go and OpenAPI is reported", () => {
  const field = (name: string, type: string) => ({ name, type, format: "", required: false, description: "" });
  const model: Model = { className: "V1Thing", description: "", fields: [field("a", "string"), field("b", "number")] };
  const fields: Record<string, Field> = { a: { type: "boolean" }, c: { type: "string" } };
  assert.deepEqual(compareFields("Thing", fields, { model, classes: new Map() }), [
    "Thing.c is only in Go",
    "Thing.a is boolean in Go and string in OpenAPI",
    "Thing.b is only in OpenAPI",
  ]);
});

test("an overlay entry that names nothing stops the generation", () => {
  assert.throws(() => addApplyRules(new Map()), /overlay\/apply\.ts does not fit the API:\n.*Container\.ports/);
});

test("a column's field that has no description stops the generation", () => {
  assert.throws(() => emitColumnTexts({}), /\w has no description: it is named in overlay\/column-fields\.ts/);
});

test("a file that is no executable is refused", () => {
  assert.throws(() => readSections(Buffer.alloc(100)), /not a 64-bit little-endian ELF file/);
});
