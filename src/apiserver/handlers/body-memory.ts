import { endOfString, startOfMember } from "../../api/json-bytes.ts";
import type { ApiObject } from "../../api/meta.ts";
import { cloneJson } from "../../api/patch/json-value.ts";
import { ownBytes } from "../../base/own-bytes.ts";
import type { Sameness } from "../registry/managed-fields.ts";

const BODIES_REMEMBERED = 4;
const BODY_BYTES_MAX = 32_768;
const QUOTE = 0x22;
const OPENING_BRACE = 0x7b;
/** Names that mean in JSON what they look like. */
const PLAIN_NAME = /^[a-z0-9.-]+$/;

/** A new object that a body says. */
export interface SentObject {
  readonly draft: ApiObject;
  /** One for all that are the same but for their names. */
  readonly sameness?: Sameness;
}

interface Body extends Sameness {
  readonly bytes: Buffer;
  /** Where the object's name stands, without its quotes; both 0 where it has none. */
  readonly nameStart: number;
  readonly nameEnd: number;
  /** It has come a second time. */
  isCommon: boolean;
  /** What was read of it; nobody changes it. Absent until it is common. */
  object: ApiObject | undefined;
}

/**
 * Bodies that were read a moment ago, as JSON of one type: who makes thousands of objects of one template sends the same bytes but for the
 * name, and to compare bytes and copy an object is a quarter of the work of reading it.
 */
export class BodyMemory {
  #bodies: Body[] = [];

  /** An object of its own, as it would be read of these bytes; undefined where they have to be read. */
  recall(bytes: Buffer): SentObject | undefined {
    const at = this.#bodies.findIndex((body) => saysSame(body, bytes));
    if (at < 0) return undefined;
    const body = this.#bodies[at]!;
    if (at > 0) this.#bodies.unshift(...this.#bodies.splice(at, 1));
    body.isCommon = true;
    if (body.object === undefined) return undefined;
    const draft = cloneJson(body.object);
    if (body.nameEnd > 0) draft.metadata!.name = nameIn(body, bytes);
    return { draft, sameness: body };
  }

  /**
   * Remembers what was read of the bytes: something in which nothing was found wrong, and no field twice.
   *
   * @param object may change afterwards
   */
  note(bytes: Buffer, object: ApiObject): void {
    const latest = this.#bodies[0];
    if (latest !== undefined && saysSame(latest, bytes)) {
      if (latest.isCommon) latest.object ??= cloneJson(object);
      return;
    }
    if (bytes.length > BODY_BYTES_MAX || bytes[0] !== OPENING_BRACE) return;
    const body = { bytes: ownBytes(bytes), ...placeOfName(bytes), isCommon: false, object: undefined };
    this.#bodies = [body, ...this.#bodies.slice(0, BODIES_REMEMBERED - 1)];
  }
}

/** @param bytes JSON of an object in which no field comes twice */
function placeOfName(bytes: Buffer): Pick<Body, "nameStart" | "nameEnd"> {
  const none = { nameStart: 0, nameEnd: 0 };
  const metadata = startOfMember(bytes, 0, "metadata");
  if (metadata === undefined || bytes[metadata] !== OPENING_BRACE) return none;
  const name = startOfMember(bytes, metadata, "name");
  if (name === undefined || bytes[name] !== QUOTE) return none;
  const place = { nameStart: name + 1, nameEnd: endOfString(bytes, name) };
  return PLAIN_NAME.test(bytes.toString("latin1", place.nameStart, place.nameEnd)) ? place : none;
}

function saysSame(body: Body, bytes: Buffer): boolean {
  const known = body.bytes;
  const { nameStart, nameEnd } = body;
  if (nameEnd === 0) return bytes.equals(known);
  const end = endOfName(body, bytes);
  return (
    end > nameStart &&
    bytes.compare(known, 0, nameStart, 0, nameStart) === 0 &&
    bytes.compare(known, nameEnd, known.length, end, bytes.length) === 0 &&
    PLAIN_NAME.test(nameIn(body, bytes))
  );
}

function endOfName({ bytes: known, nameEnd }: Body, bytes: Buffer): number {
  return nameEnd + bytes.length - known.length;
}

function nameIn(body: Body, bytes: Buffer): string {
  return bytes.toString("latin1", body.nameStart, endOfName(body, bytes));
}
