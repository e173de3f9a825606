import type { Schema } from "../../api/schema.ts";
import { servedResources } from "../discovery/served.ts";
import { textAnswer } from "../exchange.ts";
import type { PathHandler } from "../handlers/dispatch.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import { openapiV3Document, openapiV3Index, openapiV3Path } from "./v3.ts";

const ROOT = "/openapi/v3";
/** A document that was asked for by its hash never changes under that hash. */
const FOR_EVER = "public, immutable";

/** Serves /openapi/v3 and its documents, each built when it is first asked for and dropped when memory is short. */
export function openapiPaths(table: ResourceTable, whole: Schema): PathHandler {
  const served = servedResources(table, whole);
  const schema: Schema = { definitions: whole.definitions, resources: served() };
  const built = new Map<string, WeakRef<{ text: string }>>();
  const byPath = new Map(
    schema.resources.map(({ group, version }) => [openapiV3Path({ group, version }), { group, version }]),
  );
  return async (exchange) => {
    if (exchange.path === ROOT)
      return textAnswer(JSON.stringify(openapiV3Index(schema)), { contentType: "application/json" });
    const of = exchange.path.startsWith(`${ROOT}/`) ? byPath.get(exchange.path.slice(ROOT.length + 1)) : undefined;
    if (of === undefined) return undefined;
    let document = built.get(exchange.path)?.deref();
    if (document === undefined) {
      const { loadDescriptions } = await import("../../api/schema-data.ts");
      document = { text: JSON.stringify(openapiV3Document(schema, loadDescriptions(), of)) };
      built.set(exchange.path, new WeakRef(document));
    }
    const answer = textAnswer(document.text, { contentType: "application/json" });
    return exchange.query.has("hash") ? { ...answer, headers: { "cache-control": FOR_EVER } } : answer;
  };
}
