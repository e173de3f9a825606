import { createHash } from "node:crypto";
import type { Schema } from "../../api/schema.ts";
import type { Descriptions } from "../../api/schema-data.ts";
import { type SwaggerPart, swaggerPath, swaggerSchema } from "./v2-convert.ts";
import { encodeEntry, encodePart, encodePrefix } from "./v2-protobuf.ts";
import { openapiV3Document, openapiV3Index } from "./v3.ts";

export type OpenapiV2Format = "json" | "protobuf";

/** Numbers in the message of a document: paths, with its entries; definitions, with its entries. */
const PATHS = [8, 2] as const;
const DEFINITIONS = [9, 1] as const;

/** Part of the hash: raise it when the document changes though the schema does not. */
const revision = "1";

/**
 * Builds the one document of OpenAPI 2.0 that /openapi/v2 serves: everything that the documents of 3.0 say, together. It is
 * large, so it is built in slices that let other requests through.
 */
export async function openapiV2Document(
  schema: Schema,
  descriptions: Descriptions,
  format: OpenapiV2Format,
): Promise<Buffer> {
  const paths = new Map<string, Buffer>();
  const definitions = new Map<string, Buffer>();
  const encode = format === "json" ? jsonEntry : protobufEntry;
  let head: SwaggerPart = {};
  for (const of of groupVersions(schema)) {
    const document = openapiV3Document(schema, descriptions, of);
    await breathe();
    head = { swagger: "2.0", info: document.info, securityDefinitions: document.components.securitySchemes };
    for (const [name, item] of Object.entries(document.paths)) paths.set(name, encode("path", name, swaggerPath(item)));
    await breathe();
    for (const [name, component] of Object.entries(document.components.schemas)) {
      if (!definitions.has(name)) definitions.set(name, encode("schema", name, swaggerSchema(component)));
    }
    await breathe();
  }
  const parts = { head, paths: [...paths.values()], definitions: [...definitions.values()] };
  return format === "json" ? joinJson(parts) : joinProtobuf(parts);
}

/** Changes when the document does; it does not need the document. */
export function openapiV2Hash(schema: Schema): string {
  const index = JSON.stringify(openapiV3Index(schema));
  return createHash("sha256").update(revision).update(index).digest("hex").toUpperCase();
}

function groupVersions(schema: Schema): { group: string; version: string }[] {
  const all = new Map(
    schema.resources.map(({ group, version }) => [`${group}/${version}`, { group, version }] as const),
  );
  return [...all.values()];
}

type EncodeEntry = (part: "path" | "schema", name: string, value: SwaggerPart) => Buffer;

const jsonEntry: EncodeEntry = (_part, name, value) => Buffer.from(`${JSON.stringify(name)}:${JSON.stringify(value)}`);

const protobufEntry: EncodeEntry = (part, name, value) =>
  encodeEntry((part === "path" ? PATHS : DEFINITIONS)[1], name, { message: part, value });

interface Parts {
  readonly head: SwaggerPart;
  readonly paths: readonly Buffer[];
  readonly definitions: readonly Buffer[];
}

function joinJson({ head, paths, definitions }: Parts): Buffer {
  const list = (entries: readonly Buffer[]): Buffer[] =>
    entries.flatMap((entry, at) => (at === 0 ? [entry] : [Buffer.from(","), entry]));
  return Buffer.concat([
    Buffer.from(`${JSON.stringify(head).slice(0, -1)},"paths":{`),
    ...list(paths),
    Buffer.from('},"definitions":{'),
    ...list(definitions),
    Buffer.from("}}"),
  ]);
}

function joinProtobuf({ head, paths, definitions }: Parts): Buffer {
  const bytesOf = (entries: readonly Buffer[]): number => entries.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([
    encodePart("document", head),
    encodePrefix(PATHS[0], bytesOf(paths)),
    ...paths,
    encodePrefix(DEFINITIONS[0], bytesOf(definitions)),
    ...definitions,
  ]);
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
