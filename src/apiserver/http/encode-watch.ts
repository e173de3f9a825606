import type { ApiObject } from "../../api/meta.ts";
import { tableOf } from "../../api/table.ts";
import type { Clock } from "../../base/clock.ts";
import type { OutgoingEvent, WatchAnswer } from "../exchange.ts";
import { metadataOf, tableOptions } from "./encode-object.ts";
import type { Format } from "./negotiate.ts";

/** The events of a watch as they go over the wire; as JSON the very frames that all watchers share. */
export async function* watchFrames(
  answer: WatchAnswer,
  format: Format,
  clock: Clock,
): AsyncGenerator<Buffer, void, undefined> {
  const direct = format.encoding === "json" && format.as === "object";
  let columns = true;
  for await (const event of answer.events) {
    if (direct && "event" in event) yield event.event.frame(event.type);
    else {
      yield await frame(event.type, view(answer, event, { format, nowMs: clock.now(), columns }), format);
      columns = false;
    }
  }
}

function view(
  answer: WatchAnswer,
  event: OutgoingEvent,
  how: { format: Format; nowMs: number; columns: boolean },
): ApiObject {
  const { resource } = answer;
  const isObject = "event" in event;
  const object = isObject ? event.event.object(event.type) : event.object;
  if (event.type === "ERROR") return object;
  if (how.format.as === "metadata") return metadataOf(object);
  if (how.format.as === "object") return object;
  const rows = isObject ? [object] : [];
  const table = tableOf(resource.kind, rows, tableOptions(object.metadata, how.format, how.nowMs)) as ApiObject & {
    columnDefinitions?: unknown;
  };
  // Only the first table of a watch tells the columns.
  return how.columns ? table : ({ ...table, columnDefinitions: null } as ApiObject);
}

async function frame(type: string, object: ApiObject, format: Format): Promise<Buffer> {
  if (format.encoding === "protobuf") {
    const { encodeWatchFrame } = await import("../../api/protobuf/watch-frame.ts");
    return encodeWatchFrame(type, object);
  }
  return Buffer.from(`{"type":"${type}","object":${JSON.stringify(object)}}\n`);
}
