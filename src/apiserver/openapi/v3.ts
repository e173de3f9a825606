import { createHash, type Hash } from "node:crypto";
import { apiVersionOf } from "../../api/meta.ts";
import type { ResourceSchema, Schema } from "../../api/schema.ts";
import type { Descriptions } from "../../api/schema-data.ts";
import { componentSchemas } from "./components.ts";
import type { DiscoveryDocuments } from "./discovery-documents.ts";
import { assembleDocument, type OpenapiDocument, type OpenapiSchema, type PathItem, refTo } from "./document.ts";
import { groupVersionName, tagOf } from "./operations.ts";
import { resourcePaths } from "./paths.ts";
import { refsIn } from "./references.ts";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";

/** Part of every hash: raise it when the documents change though the schema does not. */
const revision = "1";

export interface GroupVersion {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
}

export interface OpenapiOptions {
  /** The server's version, e.g. `v1.36.3`. */
  readonly serverVersion?: string;
  /** Schemas of kinds that the schema does not define: those of custom resources, by definition name. */
  readonly components?: Readonly<Record<string, OpenapiSchema>>;
}

/** A group-version's place under /openapi/v3/: `api/v1` or `apis/apps/v1`. */
export function openapiV3Path({ group, version }: GroupVersion): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}

/**
 * Builds the document that /openapi/v3/<path> serves for one group-version.
 *
 * @param schema its resources of that group-version get paths; for custom resources, pass them here too
 */
export function openapiV3Document(
  schema: Schema,
  descriptions: Descriptions,
  of: GroupVersion & OpenapiOptions,
): OpenapiDocument {
  const resources = schema.resources.filter(({ group, version }) => group === of.group && version === of.version);
  const paths: Record<string, PathItem> = { [`/${openapiV3Path(of)}/`]: resourceListPath(of) };
  for (const resource of resources) Object.assign(paths, resourcePaths(resource, { schema, descriptions }));
  const own = pick(of.components ?? {}, refsIn(paths));
  const wanted = [...refsIn(paths), ...refsIn(own), ...kindsOf(resources, schema)];
  const schemas = { ...componentSchemas(schema, descriptions, wanted), ...own };
  return assembleDocument(paths, schemas, of.serverVersion ?? "v1.36.0");
}

/** The document of what lies beside the group-versions. */
export function discoveryDocument(
  paths: Readonly<Record<string, PathItem>>,
  { schema, descriptions }: { schema: Schema; descriptions: Descriptions },
): OpenapiDocument {
  return assembleDocument(paths, componentSchemas(schema, descriptions, refsIn(paths)), "unversioned");
}

/** The resources' kinds and their lists, whether or not a path mentions them. */
export function kindsOf(resources: readonly ResourceSchema[], schema: Schema): string[] {
  return resources
    .flatMap(({ definition }) => [definition, `${definition}List`])
    .filter((name) => schema.definitions[name] !== undefined);
}

/** The given schemas that are referred to, and those that they refer to. */
function pick(
  components: Readonly<Record<string, OpenapiSchema>>,
  wanted: Iterable<string>,
): Record<string, OpenapiSchema> {
  const picked: Record<string, OpenapiSchema> = {};
  const waiting = [...wanted];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const component = components[name];
    if (component === undefined || picked[name] !== undefined) continue;
    picked[name] = component;
    waiting.push(...refsIn(component));
  }
  return picked;
}

function resourceListPath({ group, version }: GroupVersion): PathItem {
  const schema = refTo(`${meta}.APIResourceList`);
  const json = { "application/json": { schema }, "application/yaml": { schema } };
  return {
    get: {
      description: "get available resources",
      operationId: `get${groupVersionName(group, version)}APIResources`,
      tags: [tagOf(group, version)],
      responses: { 200: { description: "OK", content: json }, 401: { description: "Unauthorized" } },
    },
  };
}

/** What GET /openapi/v3 answers: where each document is. The hash makes clients keep a document until it changes. */
export interface OpenapiV3Index {
  readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
}

/**
 * @param schema whose resources' group-versions to list
 * @param options.more what the documents of custom resources depend on besides the schema, by openapiV3Path
 */
export function openapiV3Index(
  schema: Schema,
  { more = {}, discovery = {} }: { more?: Readonly<Record<string, string>>; discovery?: DiscoveryDocuments } = {},
): OpenapiV3Index {
  const paths: Record<string, { serverRelativeURL: string }> = {};
  for (const [path, items] of Object.entries(discovery)) {
    const hash = startHash(schema).update(JSON.stringify(items)).digest("hex").toUpperCase();
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
  }
  for (const { group, version } of schema.resources) {
    const path = openapiV3Path({ group, version });
    if (paths[path] !== undefined) continue;
    const hash = openapiV3Hash(schema, { group, version }, more[path]);
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
  }
  return { paths };
}

const hashOfDefinitions = new WeakMap<object, string>();

/** A hash that changes when a group-version's document does; it does not need the document. */
export function openapiV3Hash(schema: Schema, of: GroupVersion, more = ""): string {
  const resources = schema.resources.filter(({ group, version }) => group === of.group && version === of.version);
  const hash = startHash(schema).update(apiVersionOf(of)).update(JSON.stringify(resources)).update(more);
  return hash.digest("hex").toUpperCase();
}

function startHash(schema: Schema): Hash {
  let definitions = hashOfDefinitions.get(schema.definitions);
  if (definitions === undefined) {
    definitions = createHash("sha256").update(revision).update(JSON.stringify(schema.definitions)).digest("hex");
    hashOfDefinitions.set(schema.definitions, definitions);
  }
  return createHash("sha256").update(definitions);
}
