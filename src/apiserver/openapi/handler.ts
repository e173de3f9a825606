import type { Schema } from "../../api/schema.ts";
import { type Descriptions, loadDescriptions } from "../../api/schema-data.ts";
import { notAcceptable } from "../../api/status.ts";
import type { RemoteVersion } from "../aggregation/remote-resources.ts";
import { servedResources } from "../discovery/served.ts";
import { type Exchange, type TextAnswer, textAnswer } from "../exchange.ts";
import type { PathHandler } from "../handlers/handler.ts";
import { parseAccept } from "../http/negotiate.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import { type CustomComponents, customComponents } from "./custom-components.ts";
import { type DiscoveryDocuments, discoveryDocuments } from "./discovery-documents.ts";
import type { OpenapiDocument } from "./document.ts";
import { encodePart } from "./protobuf-parts.ts";
import { openapiV2Cache } from "./v2-cache.ts";
import type { SwaggerPart } from "./v2-convert.ts";
import { OPENAPI_V2_PATH, openapiV2Answer } from "./v2-handler.ts";
import { discoveryDocument, type OpenapiV3Index, openapiV3Document, openapiV3Index, openapiV3Path } from "./v3.ts";
import { V3_MESSAGES } from "./v3-messages.ts";

const root = "/openapi/v3";

const JSON_TYPE = "application/json";
/** Both spellings are in use; the second is the one that Kubernetes began with. */
const PROTOBUF = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf";
const FORMATS: Readonly<Record<string, string>> = {
  [JSON_TYPE]: JSON_TYPE,
  "application/*": JSON_TYPE,
  "*/*": JSON_TYPE,
  [PROTOBUF]: PROTOBUF,
  "application/com.github.proto-openapi.spec.v3@v1.0+protobuf": PROTOBUF,
};

/** Documents are built when somebody asks; the last few are kept. */
const keptDocuments = 8;

interface Built {
  readonly index: OpenapiV3Index;
  readonly schema: Schema;
  readonly custom: CustomComponents;
  readonly discovery: DiscoveryDocuments;
  readonly documents: Map<string, Buffer>;
}

/** GET /openapi/v3 and the documents that it lists, and GET /openapi/v2. */
export function openapiPaths(
  table: ResourceTable,
  schema: Schema,
  remote: () => readonly RemoteVersion[] = () => [],
  descriptions: () => Descriptions = loadDescriptions,
): PathHandler {
  const served = servedResources(table, schema);
  const cache = openapiV2Cache();
  const discovery = discoveryDocuments(schema);
  let resources: Schema["resources"] | undefined;
  let built: Built | undefined;
  const current = (): Built => {
    const now = served();
    if (built === undefined || now !== resources) {
      const own = { definitions: schema.definitions, resources: now };
      const custom = customComponents(table.list());
      const index = openapiV3Index(own, { more: custom.fingerprints, discovery });
      built = { index, custom, discovery, schema: own, documents: new Map() };
      resources = now;
    }
    return built;
  };
  return (exchange) => {
    const path = exchange.path.replace(/\/$/, "");
    if (exchange.method === "GET" && path === OPENAPI_V2_PATH)
      return openapiV2Answer(exchange, { ...current(), descriptions, cache, remote: remote() });
    if (exchange.method !== "GET" || (path !== root && !path.startsWith(`${root}/`))) return undefined;
    if (path === root) return json(JSON.stringify(withRemoteDocuments(current().index, remote())), {});
    return documentAnswer(path.slice(root.length + 1), { exchange, built: current(), descriptions });
  };
}

/** The index with the documents of other servers, which those answer for themselves. */
function withRemoteDocuments(index: OpenapiV3Index, remote: readonly RemoteVersion[]): OpenapiV3Index {
  if (remote.length === 0) return index;
  const found = remote.flatMap(({ group, version, openapiUrl }) =>
    openapiUrl === undefined ? [] : [[openapiV3Path({ group, version }), { serverRelativeURL: openapiUrl }] as const],
  );
  return { paths: { ...index.paths, ...Object.fromEntries(found) } };
}

function documentAnswer(
  name: string,
  of: { exchange: Exchange; built: Built; descriptions: () => Descriptions },
): TextAnswer | undefined {
  const url = Object.hasOwn(of.built.index.paths, name) ? of.built.index.paths[name]?.serverRelativeURL : undefined;
  if (url === undefined) return undefined;
  const hash = url.slice(url.indexOf("=") + 1);
  const asked = of.exchange.query.get("hash");
  if (asked !== null && asked !== hash) {
    const moved = textAnswer("", { code: 301 });
    return { ...moved, headers: { location: url } };
  }
  const cacheControl = asked === null ? "no-cache, private" : "public, immutable";
  const headers = { etag: `"${hash}"`, vary: "Accept", "cache-control": cacheControl };
  const contentType = parseAccept(of.exchange.headers.accept ?? "*/*").flatMap(({ type }) => FORMATS[type] ?? [])[0];
  if (contentType === undefined) throw notAcceptable([JSON_TYPE, PROTOBUF]);
  // Clients' caches take over the headers of a 304, so it has to tell the content type too.
  const isKnown = of.exchange.headers["if-none-match"] === headers.etag;
  const text = isKnown ? "" : document({ name, contentType }, of.built, of.descriptions);
  return { kind: "text", code: isKnown ? 304 : 200, contentType, text, headers };
}

function document(
  { name, contentType }: { name: string; contentType: string },
  built: Built,
  descriptions: () => Descriptions,
): Buffer {
  const key = `${name} ${contentType}`;
  let bytes = built.documents.get(key);
  if (bytes === undefined) {
    const whole = wholeDocument(name, built, descriptions());
    bytes =
      contentType === PROTOBUF
        ? encodePart("document", whole as unknown as SwaggerPart, V3_MESSAGES)
        : Buffer.from(JSON.stringify(whole));
    const oldest = built.documents.keys().next().value;
    if (built.documents.size >= keptDocuments && oldest !== undefined) built.documents.delete(oldest);
    built.documents.set(key, bytes);
  }
  return bytes;
}

function wholeDocument(
  name: string,
  { schema, custom, discovery }: Built,
  descriptions: Descriptions,
): OpenapiDocument {
  const paths = discovery[name];
  if (paths !== undefined) return discoveryDocument(paths, { schema, descriptions });
  const [kind, first = "", second] = name.split("/");
  const of = kind === "api" ? { group: "", version: first } : { group: first, version: second ?? "" };
  return openapiV3Document(schema, descriptions, { ...of, components: custom.ofVersion(of.group, of.version) });
}

function json(text: string | Buffer, headers: Record<string, string>): TextAnswer {
  return { kind: "text", code: 200, contentType: JSON_TYPE, text, headers };
}
