import { createHash } from "node:crypto";
import type { Schema } from "../../api/schema.ts";
import type { Descriptions } from "../../api/schema-data.ts";
import { nextTurn } from "../../base/turn.ts";
import type { RemoteVersion } from "../aggregation/remote-resources.ts";
import { componentOf } from "./components.ts";
import type { CustomComponents } from "./custom-components.ts";
import type { DiscoveryDocuments } from "./discovery-documents.ts";
import type { OpenapiSchema, PathItem } from "./document.ts";
import { resourcePaths } from "./paths.ts";
import { encodeEntry, encodePart, encodePrefix } from "./protobuf-parts.ts";
import { refsIn } from "./references.ts";
import { type SwaggerPart, swaggerPath, swaggerSchema } from "./v2-convert.ts";
import { remotePart } from "./v2-remote.ts";
import { type GroupVersion, kindsOf, type OpenapiV3Index, openapiV3Document } from "./v3.ts";

export type OpenapiV2Format = "json" | "protobuf";

/** Numbers in the message of a document: paths, with its entries; definitions, with its entries. */
const PATHS = [8, 2] as const;
const DEFINITIONS = [9, 1] as const;

const DEFINITIONS_AT_ONCE = 16;

/** Part of the hash: raise it when the document changes though the schema does not. */
const revision = "2";

export interface V2Options {
  readonly format: OpenapiV2Format;
  readonly custom?: Pick<CustomComponents, "find">;
  /** What lies beside the group-versions. */
  readonly discovery?: DiscoveryDocuments;
  /** APIs of other servers. */
  readonly remote?: readonly RemoteVersion[];
}

/**
 * Builds the one document of OpenAPI 2.0 that /openapi/v2 serves: everything that the documents of 3.0 say, together. It is
 * large, so it is built in slices that let other requests through.
 */
export async function openapiV2Document(
  schema: Schema,
  descriptions: Descriptions,
  { format, custom, discovery = {}, remote = [] }: V2Options,
): Promise<Buffer> {
  const encode = format === "json" ? jsonEntry : protobufEntry;
  const paths: Buffer[] = [];
  const wanted = new Set<string>();
  const want = (names: Iterable<string>): void => {
    for (const name of names) wanted.add(name);
  };
  let head: SwaggerPart = {};
  for (const of of groupVersions(schema)) {
    const bare = openapiV3Document({ definitions: schema.definitions, resources: [] }, descriptions, of);
    head = { swagger: "2.0", info: bare.info, securityDefinitions: bare.components.securitySchemes };
    for (const items of [bare.paths, ...pathsOf(schema, descriptions, of)]) {
      for (const [name, item] of Object.entries(items)) paths.push(encode("path", name, swaggerPath(item)));
      want(refsIn(items));
      await nextTurn();
    }
  }
  for (const items of Object.values(discovery)) {
    for (const [name, item] of Object.entries(items)) paths.push(encode("path", name, swaggerPath(item)));
    want(refsIn(items));
  }
  want(kindsOf(schema.resources, schema));
  // A custom kind may be called as a built-in one is, but must not change what clients believe of that.
  const find = (name: string) => componentOf(schema, descriptions, name) ?? customComponent(custom?.find(name));
  const others = await encodeRemote(remote, find, encode);
  paths.push(...others.paths);
  want(others.shared);
  const definitions = await encodeDefinitions(wanted, find, { encode, more: others.definitions });
  return format === "json" ? joinJson({ head, paths, definitions }) : joinProtobuf({ head, paths, definitions });
}

function customComponent(schema: OpenapiSchema | undefined): ReturnType<typeof componentOf> {
  return schema && { schema, refs: [...refsIn(schema)] };
}

function* pathsOf(
  schema: Schema,
  descriptions: Descriptions,
  of: GroupVersion,
): Generator<Readonly<Record<string, PathItem>>> {
  for (const resource of schema.resources)
    if (resource.group === of.group && resource.version === of.version)
      yield resourcePaths(resource, { schema, descriptions });
}

/** The definitions that are wanted and those that they refer to, in the order of their names. */
async function encodeDefinitions(
  wanted: Set<string>,
  find: Find,
  { encode, more }: { encode: EncodeEntry; more: readonly [string, Buffer][] },
): Promise<Buffer[]> {
  const entries = [...more];
  // A set that grows is visited to its end.
  for (const name of wanted) {
    const component = find(name);
    if (component === undefined) continue;
    for (const ref of component.refs) wanted.add(ref);
    entries.push([name, encode("schema", name, swaggerSchema(component.schema))]);
    if (entries.length % DEFINITIONS_AT_ONCE === 0) await nextTurn();
  }
  return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

type Find = (name: string) => ReturnType<typeof componentOf>;

/** What other servers say of themselves. One that does not answer, or says what is no OpenAPI, is left out. */
async function encodeRemote(remote: readonly RemoteVersion[], find: Find, encode: EncodeEntry) {
  const paths: Buffer[] = [];
  const definitions = new Map<string, { schema: SwaggerPart; entry: Buffer }>();
  const shared: string[] = [];
  const known = (name: string): SwaggerPart | undefined => {
    const own = find(name);
    return own === undefined ? definitions.get(name)?.schema : swaggerSchema(own.schema);
  };
  const documents = await Promise.allSettled(remote.map(({ openapiV2 }) => openapiV2()));
  for (const [index, answer] of documents.entries()) {
    if (answer.status === "rejected") continue;
    try {
      const part = remotePart(answer.value, remote[index]!, known);
      const entries = part.definitions.map(
        ([name, schema]) => [name, { schema, entry: encode("schema", name, schema) }] as const,
      );
      paths.push(...part.paths.map(([name, item]) => encode("path", name, item)));
      shared.push(...part.shared);
      for (const [name, definition] of entries) definitions.set(name, definition);
    } catch {
      // What has no form in protobuf is not shown there.
    }
    await nextTurn();
  }
  return {
    paths,
    shared,
    definitions: [...definitions].map(([name, { entry }]): [string, Buffer] => [name, entry]),
  };
}

/** Changes when the document does; it does not need the document. */
export function openapiV2Hash(index: OpenapiV3Index, remote: readonly RemoteVersion[] = []): string {
  const others = remote.map(({ group, version, openapiUrl, resources }) => [group, version, openapiUrl, resources]);
  const text = JSON.stringify(others.length === 0 ? index : [index, others]);
  return createHash("sha256").update(revision).update(text).digest("hex").toUpperCase();
}

function groupVersions(schema: Schema): GroupVersion[] {
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
