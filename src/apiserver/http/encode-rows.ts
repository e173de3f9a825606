import { columnFieldsOf, tableOf } from "../../api/table.ts";
import { rowTexts } from "../../api/table-text.ts";
import type { TurnTime } from "../../base/turn-time.ts";
import type { ListAnswer } from "../exchange.ts";
import { readWhole, readWithoutManagedFields, shownFieldsReader } from "../registry/codec.ts";
import { viewVersionOf } from "./encode-object.ts";
import { type Block, blockMemory, metadataOfList, slices } from "./list-blocks.ts";
import type { Format } from "./negotiate.ts";

/** The start of a PartialObjectMetadata, up to what it shows. */
export function metadataStart(apiVersion: string): string {
  return `{"kind":"PartialObjectMetadata","apiVersion":"${apiVersion}","metadata":`;
}

/** So many bytes of objects become rows in about a millisecond. */
const SLICE_BYTES = 256 * 1024;
/** Of UTF-8, for what JavaScript counts as one character. */
const CHARACTER_BYTES_MAX = 3;
const CLOSES = { None: "}", Metadata: "}}", Object: "}" } as const;
const NOTHING = Buffer.from("{}");

/** A Table. Only cells are computed; what stands beside them is copied from the objects' bytes. */
export async function* rowBlocks(
  answer: ListAnswer,
  format: Format,
  { nowMs, time }: { nowMs: number; time: TurnTime },
): AsyncGenerator<Block, void, boolean | undefined> {
  const { kind } = answer.resource;
  const { includeObject } = format;
  const apiVersion = viewVersionOf(format);
  const options = { nowMs, apiVersion, includeObject: "None", metadata: metadataOfList(answer) } as const;
  yield [Buffer.from(JSON.stringify(tableOf(kind, [], options)).slice(0, -"]}".length))];
  const read = shownReader(answer);
  const rowText = rowTexts(kind, nowMs);
  const open = { None: "", Metadata: `,"object":${metadataStart(apiVersion)}`, Object: ',"object":' }[includeObject];
  const close = CLOSES[includeObject];
  const memory = blockMemory();
  let separator = "";
  for (const slice of slices(answer.entries, SLICE_BYTES)) {
    const pause = time.pause();
    if (pause !== undefined) await pause;
    const { objects, metadata } = read(slice);
    const texts = objects.map((object) => {
      const text = separator + rowText(object) + open;
      separator = `${close},`;
      return text;
    });
    const whole = memory.of(
      texts.reduce((sum, { length }, index) => {
        return sum + length * CHARACTER_BYTES_MAX + slice[index]!.bytes.length;
      }, 0),
    );
    let length = 0;
    for (let index = 0; index < texts.length; index++) {
      length += whole.write(texts[index]!, length);
      const { bytes } = slice[index]!;
      if (includeObject === "Object") length += bytes.copy(whole, length);
      else if (includeObject === "Metadata") {
        const span = metadata[index];
        length += span === undefined ? NOTHING.copy(whole, length) : bytes.copy(whole, length, span.start, span.end);
      }
    }
    memory.read(whole, yield [whole.subarray(0, length)]);
  }
  yield [Buffer.from(`${separator.slice(0, -1)}]}\n`)];
}

/** Reads objects with what their columns look at. Columns of custom resources may look at anything. */
function shownReader({ resource: { kind, custom } }: ListAnswer) {
  if (custom !== undefined) return readWhole;
  const fields = columnFieldsOf(kind);
  return fields === undefined ? readWithoutManagedFields : shownFieldsReader(fields);
}
