import { type ApiObject, apiVersionOf } from "../../api/meta.ts";
import { tableOf } from "../../api/table.ts";
import { nextTurn } from "../../base/turn.ts";
import type { CacheEntry } from "../cache/entry.ts";
import type { ListAnswer } from "../exchange.ts";
import { objectOf } from "../registry/codec.ts";
import { encodeValue, metadataOf, tableOptions } from "./encode-object.ts";
import type { Format } from "./negotiate.ts";

const COMMA = Buffer.from(",");
const END = Buffer.from("]}\n");
/** So many objects are parsed and written in a few milliseconds; then others have their turn. */
const SLICE = 100;

/** A list in the wanted form, piece by piece; as JSON the items are the cached bytes themselves. */
export async function* encodeList(
  answer: ListAnswer,
  format: Format,
  nowMs: number,
): AsyncGenerator<Buffer, void, undefined> {
  if (format.encoding === "json" && format.as === "object" && !format.pretty) yield* pieces(answer);
  else if (format.encoding === "json" && !format.pretty) yield* jsonSlices(answer, format, nowMs);
  else if (format.encoding === "protobuf") yield* protobufSlices(answer, format, nowMs);
  else {
    const { head, field, items } = viewOf(answer, format, nowMs);
    yield await encodeValue({ ...head, [field]: items(answer.entries) } as ApiObject, format);
  }
}

/** What a list is made of, whatever it looks like: what stands before the items, the items' name, and how they are made. */
interface ListView {
  readonly head: { readonly kind: string; readonly apiVersion: string; readonly metadata: object };
  readonly field: "items" | "rows";
  items(entries: readonly CacheEntry[]): readonly object[];
}

function viewOf(answer: ListAnswer, format: Format, nowMs: number): ListView {
  const { schema, kind } = answer.resource;
  const metadata = metadataOfList(answer);
  const objects = (entries: readonly CacheEntry[]): ApiObject[] => entries.map((entry) => objectOf(entry.bytes));
  if (format.as === "table") {
    const options = { ...tableOptions(undefined, format, nowMs), metadata };
    const { rows: _, ...head } = tableOf(kind, [], options);
    return { head, field: "rows", items: (entries) => tableOf(kind, objects(entries), options).rows };
  }
  if (format.as === "metadata") {
    const head = { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata };
    return { head, field: "items", items: (entries) => objects(entries).map(metadataOf) };
  }
  return {
    head: { kind: `${schema.kind}List`, apiVersion: apiVersionOf(schema), metadata },
    field: "items",
    items: objects,
  };
}

function* slices(entries: readonly CacheEntry[]): Generator<readonly CacheEntry[], void, undefined> {
  for (let start = 0; start < entries.length; start += SLICE) yield entries.slice(start, start + SLICE);
}

function* pieces(answer: ListAnswer): Generator<Buffer, void, undefined> {
  const { schema } = answer.resource;
  const metadata = metadataOfList(answer);
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

async function* jsonSlices(answer: ListAnswer, format: Format, nowMs: number): AsyncGenerator<Buffer, void, undefined> {
  const view = viewOf(answer, format, nowMs);
  yield Buffer.from(`${JSON.stringify(view.head).slice(0, -1)},"${view.field}":[`);
  let first = true;
  for (const slice of slices(answer.entries)) {
    const text = JSON.stringify(view.items(slice)).slice(1, -1);
    yield Buffer.from(first ? text : `,${text}`);
    first = false;
    await nextTurn();
  }
  yield END;
}

/** Length comes before content in protobuf, so all items are encoded before the first byte is written. */
async function* protobufSlices(
  answer: ListAnswer,
  format: Format,
  nowMs: number,
): AsyncGenerator<Buffer, void, undefined> {
  const view = viewOf(answer, format, nowMs);
  const { listParts } = await import("../../api/protobuf/list-parts.ts");
  const parts = listParts(view.head);
  const encoded = [parts.part({ metadata: view.head.metadata })];
  for (const slice of slices(answer.entries)) {
    encoded.push(parts.part({ items: view.items(slice) }));
    await nextTurn();
  }
  const { start, end } = parts.around(encoded.reduce((sum, bytes) => sum + bytes.length, 0));
  yield start;
  yield* encoded;
  yield end;
}

/** ListMeta of the answer. */
function metadataOfList(answer: ListAnswer): {
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
