import { type ApiObject, apiVersionOf } from "../../api/meta.ts";
import { tableOf } from "../../api/table.ts";
import type { ListAnswer } from "../exchange.ts";
import { objectOf } from "../registry/codec.ts";
import { encodeValue, inVersion, metadataOf, tableOptions } from "./encode-object.ts";
import type { Format } from "./negotiate.ts";

const COMMA = Buffer.from(",");
const END = Buffer.from("]}\n");

/** A list in the wanted form, piece by piece; as JSON the items are the cached bytes themselves. */
export async function* encodeList(
  answer: ListAnswer,
  format: Format,
  nowMs: number,
): AsyncGenerator<Buffer, void, undefined> {
  const { resource } = answer;
  const metadata = metadataOfList(answer);
  if (format.as === "table") {
    const objects = answer.entries.map((entry) => objectOf(entry.bytes));
    const options = { ...tableOptions(undefined, format, nowMs), metadata };
    yield await encodeValue(tableOf(resource.kind, objects, options), format);
    return;
  }
  const direct = format.encoding === "json" && !format.pretty && resource.storageVersion === resource.schema.version;
  if (direct && format.as === "object") {
    yield* pieces(answer, metadata);
    return;
  }
  const partial = format.as === "metadata";
  const items = answer.entries.map((entry) => {
    const object = objectOf(entry.bytes);
    return partial ? metadataOf(object) : inVersion(resource, object);
  });
  const type = partial
    ? { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1" }
    : { kind: `${resource.schema.kind}List`, apiVersion: apiVersionOf(resource.schema) };
  yield await encodeValue({ ...type, metadata, items } as ApiObject, format);
}

function* pieces(answer: ListAnswer, metadata: object): Generator<Buffer, void, undefined> {
  const { schema } = answer.resource;
  const head = JSON.stringify({ kind: `${schema.kind}List`, apiVersion: apiVersionOf(schema), metadata });
  yield Buffer.from(`${head.slice(0, -1)},"items":[`);
  let first = true;
  for (const entry of answer.entries) {
    if (!first) yield COMMA;
    first = false;
    yield entry.bytes;
  }
  yield END;
}

/** ListMeta of the answer. */
export function metadataOfList(answer: ListAnswer): {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
} {
  return {
    resourceVersion: String(answer.revision),
    ...(answer.continueToken === undefined ? {} : { continue: answer.continueToken }),
    ...(answer.remaining === undefined || answer.remaining === 0 ? {} : { remainingItemCount: answer.remaining }),
  };
}
