import assert from "node:assert/strict";
import { test } from "node:test";
import { loadDescriptions, loadSchema } from "../../api/schema-data.ts";
import { encodePart } from "./protobuf-parts.ts";
import type { SwaggerPart } from "./v2-convert.ts";
import { openapiV3Document } from "./v3.ts";
import { V3_MESSAGES } from "./v3-messages.ts";

const schema = loadSchema();

test("every group-version's document has its place in protobuf", () => {
  const versions = new Map(schema.resources.map(({ group, version }) => [`${group}/${version}`, { group, version }]));
  for (const [name, version] of versions) {
    const document = openapiV3Document(schema, loadDescriptions(), version);
    const bytes = encodePart("document", document as unknown as SwaggerPart, V3_MESSAGES);
    for (const path of Object.keys(document.paths)) assert.ok(bytes.includes(path), `${name} ${path}`);
  }
});

/** Bytes that gnostic's own Go package reads back as what they say. */
const golden: readonly [string, string, SwaggerPart, string][] = [
  [
    "a reference instead of a schema",
    "mediaType",
    { schema: { $ref: "#/x" } },
    // schema (1) > reference (2) > $ref (1)
    "0a07 1205 0a03232f78",
  ],
  ["a default that is text", "schema", { default: "a" }, "8a0203 1a0161"],
  ["a default that is an object", "schema", { default: {} }, "8a0200"],
  ["no more properties", "schema", { additionalProperties: false }, "820202 1000"],
  ["one of two types", "schema", { oneOf: [{ type: "string" }] }, "da010b 0a09 ca0106737472696e67"],
];
for (const [what, message, value, hex] of golden) {
  test(`golden bytes: ${what}`, () => {
    assert.equal(encodePart(message, value, V3_MESSAGES).toString("hex"), hex.replaceAll(" ", ""));
  });
}

test("what OpenAPI 3.0 does not have is refused", () => {
  assert.throws(() => encodePart("schema", { discriminators: 1 }, V3_MESSAGES), /no place for "discriminators"/);
});
