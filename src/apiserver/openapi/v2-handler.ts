import type { Schema } from "../../api/schema.ts";
import type { Descriptions } from "../../api/schema-data.ts";
import { notAcceptable } from "../../api/status.ts";
import type { RemoteVersion } from "../aggregation/remote-resources.ts";
import type { Exchange, TextAnswer } from "../exchange.ts";
import { parseAccept } from "../http/negotiate.ts";
import type { CustomComponents } from "./custom-components.ts";
import type { DiscoveryDocuments } from "./discovery-documents.ts";
import { type OpenapiV2Format, openapiV2Document, openapiV2Hash } from "./v2.ts";
import type { OpenapiV2Cache } from "./v2-cache.ts";
import type { OpenapiV3Index } from "./v3.ts";

export const OPENAPI_V2_PATH = "/openapi/v2";

/** Both spellings are in use; the second is the one that Kubernetes began with. */
const PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
const FORMATS: Readonly<Record<string, OpenapiV2Format>> = {
  "application/json": "json",
  "application/*": "json",
  "*/*": "json",
  [PROTOBUF]: "protobuf",
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf": "protobuf",
};

/** GET /openapi/v2. Clients keep the document, and ask whether it is still the same. */
export async function openapiV2Answer(
  exchange: Exchange,
  from: {
    schema: Schema;
    descriptions: () => Descriptions;
    cache: OpenapiV2Cache;
    custom: CustomComponents;
    discovery: DiscoveryDocuments;
    index: OpenapiV3Index;
    remote: readonly RemoteVersion[];
  },
): Promise<TextAnswer> {
  const format = parseAccept(exchange.headers.accept ?? "*/*").flatMap(({ type }) => FORMATS[type] ?? [])[0];
  if (format === undefined) throw notAcceptable(["application/json", PROTOBUF]);
  const contentType = format === "json" ? "application/json" : PROTOBUF;
  const remote = from.remote.filter(({ isAvailable }) => isAvailable);
  const hash = openapiV2Hash(from.index, remote);
  const etag = `"${hash}"`;
  const headers = { etag, vary: "Accept", "cache-control": "no-cache, private" };
  const answer = (code: number, text: string | Buffer): TextAnswer => ({
    kind: "text",
    code,
    contentType,
    text,
    headers,
  });
  if (exchange.headers["if-none-match"] === etag) return answer(304, "");
  const build = (): Promise<Buffer> =>
    openapiV2Document(from.schema, from.descriptions(), {
      ...{ format, custom: from.custom, discovery: from.discovery, remote },
    });
  return answer(200, await from.cache(format, hash, build));
}
