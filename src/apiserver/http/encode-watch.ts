import type { ApiObject } from "../../api/meta.ts";
import { tableOf } from "../../api/table.ts";
import type { Clock } from "../../base/clock.ts";
import type { TurnTime } from "../../base/turn-time.ts";
import { FRAME_END, FRAME_STARTS } from "../cache/entry.ts";
import type { OutgoingEvent, WatchAnswer } from "../exchange.ts";
import { metadataOf, shownKind, tableOptions } from "./encode-object.ts";
import type { Format } from "./negotiate.ts";

/** What a watch tells, and how it is written. */
export interface FramedEvents {
  readonly events: WatchAnswer["events"];
  readonly frameOf: (event: OutgoingEvent) => Buffer;
  readonly time: TurnTime;
}

/** The frames of a batch, one after the other. */
export function framesOf(
  batch: readonly OutgoingEvent[],
  frameOf: (event: OutgoingEvent) => Buffer,
): readonly Buffer[] {
  return frameOf === jsonObjectFrame ? (presentFrames(batch) ?? batch.map(frameOf)) : batch.map(frameOf);
}

const NEXT = Buffer.concat([FRAME_END, FRAME_STARTS.ADDED]);

/** Nobody else is told of what was there when a watch began: its frames are the cached bytes themselves and what stands between them. */
function presentFrames(batch: readonly OutgoingEvent[]): Buffer[] | undefined {
  if (batch.length === 0) return undefined;
  const frames: Buffer[] = [];
  let before = FRAME_STARTS.ADDED;
  for (const each of batch) {
    if (!("event" in each) || each.isPresent !== true) return undefined;
    frames.push(before, each.event.bytes("ADDED"));
    before = NEXT;
  }
  frames.push(FRAME_END);
  return frames;
}

/**
 * How the events of a watch go over the wire; all but tables, which tell ages, are frames that all watchers share.
 */
export async function frameEncoder(
  answer: WatchAnswer,
  format: Format,
  clock: Clock,
): Promise<(event: OutgoingEvent) => Buffer> {
  const form = `${format.encoding} ${format.as}`;
  const sharedForm = format.viewVersion === "meta.k8s.io/v1beta1" ? `${form} v1beta1` : form;
  if (form === "json object") return jsonObjectFrame;
  const encodeFrame = format.encoding === "protobuf" ? (await protobufFrames()).encodeWatchFrame : jsonFrame;
  const storedFrame = format.encoding === "protobuf" ? await storedFrames(answer, format) : undefined;
  let columns = true;
  return (event: OutgoingEvent): Buffer => {
    const isFirst = columns;
    columns = false;
    const make =
      storedFrame?.(event) ??
      ((): Buffer => encodeFrame(event.type, view(answer, event, { format, nowMs: clock.now(), columns: isFirst })));
    const isShared = "event" in event && format.as !== "table";
    return isShared ? event.event.sharedFrame(sharedForm, event.type, make) : make();
  };
}

/** The usual one is the same for all watches. */
function jsonObjectFrame(event: OutgoingEvent): Buffer {
  return "event" in event ? event.event.frame(event.type) : jsonFrame(event.type, event.object);
}

/** Frames in protobuf, made from the objects' bytes. */
async function storedFrames({ resource }: WatchAnswer, format: Format) {
  const { encodeWatchFrame } = await protobufFrames();
  const { encodeStored } = await import("../../api/protobuf/encode-stored.ts");
  const kind = shownKind(resource.schema, format);
  return (event: OutgoingEvent) =>
    "event" in event
      ? (): Buffer => encodeWatchFrame(event.type, encodeStored(event.event.bytes(event.type), kind))
      : undefined;
}

const protobufFrames = () => import("../../api/protobuf/watch-frame.ts");

function view(
  answer: WatchAnswer,
  event: OutgoingEvent,
  how: { format: Format; nowMs: number; columns: boolean },
): ApiObject {
  const { resource } = answer;
  const object = "event" in event ? event.event.object(event.type) : event.object;
  if (event.type === "ERROR") return object;
  if (how.format.as === "metadata") return metadataOf(object, how.format);
  if (how.format.as === "object") return object;
  // A bookmark has a row, too: what it says stands in the row's metadata.
  const table = tableOf(resource.kind, [object], tableOptions(object.metadata, how.format, how.nowMs)) as ApiObject & {
    columnDefinitions?: unknown;
  };
  // Only the first table of a watch tells the columns.
  return how.columns ? table : ({ ...table, columnDefinitions: null } as ApiObject);
}

function jsonFrame(type: string, object: ApiObject): Buffer {
  return Buffer.from(`{"type":"${type}","object":${JSON.stringify(object)}}\n`);
}
