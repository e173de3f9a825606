import type { ApiObject } from "../../api/meta.ts";
import type { TraceContext } from "../../base/trace.ts";
import { causeOf } from "../registry/causes.ts";
import { objectOf, stampedCopy } from "../registry/codec.ts";

/** One stored object as the cache keeps it: bytes, and the little that selectors look at. */
export interface CacheEntry {
  readonly key: string;
  readonly revision: number;
  /** As clients get it, revision included. */
  readonly bytes: Buffer;
  /** Filled at first use. */
  labels?: Readonly<Record<string, string>> | undefined;
  fields?: Readonly<Record<string, string>> | undefined;
  /** How many bytes it takes as an item of a list in protobuf, whole or its metadata alone; known once one was sent. */
  protobufSize?: number;
  metadataSize?: number;
}

/** @param bytes what is shown of it */
export function entryOf({ key, revision }: { key: string; revision: number }, bytes: Buffer): CacheEntry {
  // With room for what nearly all will have: what is added to an object later lies in a second one.
  return { key, revision, bytes, labels: undefined, fields: undefined };
}

export type EventType = "ADDED" | "MODIFIED" | "DELETED";

/** One change of one object, made once and shared by all watchers. */
export class CacheEvent {
  readonly revision: number;
  readonly before: CacheEntry | undefined;
  readonly after: CacheEntry | undefined;
  #gone: Buffer | undefined;
  #goneObject: ApiObject | undefined;
  #frames: Record<string, Buffer> | undefined;
  #cause: TraceContext | undefined;

  constructor(revision: number, before: CacheEntry | undefined, after: CacheEntry | undefined) {
    this.revision = revision;
    this.before = before;
    this.after = after;
  }

  /** The object that an event of this type shows: for DELETED the last state, at the revision of the change. */
  bytes(type: EventType): Buffer {
    if (type !== "DELETED") return this.after!.bytes;
    this.#gone ??= stampedCopy(this.before!.bytes, this.revision);
    return this.#gone;
  }

  /** The event as a line of a JSON watch stream. */
  frame(type: EventType): Buffer {
    return this.sharedFrame("json", type, () => frameOf(type, this.bytes(type)));
  }

  /** The event in another form, made by whoever needs it first; all watchers of that form get the same bytes. */
  sharedFrame(form: string, type: EventType, make: () => Buffer): Buffer {
    this.#frames ??= {};
    return (this.#frames[`${form} ${type}`] ??= make());
  }

  /** The request that made the change, where this process knows. */
  cause(): TraceContext | undefined {
    return this.#cause ?? causeOf((this.after ?? this.before)!.bytes);
  }

  /** Looks for the cause now: a deletion will be noted in its place. */
  keepCause(): void {
    this.#cause = this.cause();
  }

  object(type: EventType): ApiObject {
    if (type !== "DELETED") return objectOf(this.after!.bytes);
    this.#goneObject ??= atRevision(objectOf(this.before!.bytes), this.revision);
    return this.#goneObject;
  }
}

/** What the stamped copy of an object's bytes says. */
function atRevision(object: ApiObject, revision: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

const frameStart = (type: EventType): Buffer => Buffer.from(`{"type":"${type}","object":`);
export const FRAME_STARTS = {
  ADDED: frameStart("ADDED"),
  MODIFIED: frameStart("MODIFIED"),
  DELETED: frameStart("DELETED"),
};
export const FRAME_END = Buffer.from("}\n");

/** `{"type":…,"object":…}` and a line feed. */
function frameOf(type: EventType, object: Buffer): Buffer {
  const start = FRAME_STARTS[type];
  const frame = Buffer.allocUnsafe(start.length + object.length + FRAME_END.length);
  start.copy(frame);
  object.copy(frame, start.length);
  FRAME_END.copy(frame, start.length + object.length);
  return frame;
}
