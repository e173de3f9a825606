import { invariant } from "../../base/assert.ts";
import { ownBytes } from "../../base/own-bytes.ts";
import type { ManagedFieldsEntry } from "../meta.ts";

const OPENING_BRACE = 0x7b;

/** fieldsV1 as JSON while nobody has looked at them, then as they are. */
interface Unread {
  text: string | undefined;
  fields: unknown;
}

/** Where an entry has it: not in a WeakMap, whose values scavenges take for alive, so that each of these texts would become old. */
const UNREAD = Symbol("unread fieldsV1");

interface TextEntry extends ManagedFieldsEntry {
  readonly [UNREAD]?: Unread;
}

/**
 * An entry of metadata.managedFields whose fieldsV1 is at hand as JSON. It is parsed when somebody looks at it, which is
 * seldom: an object is stored, sent and shown as text.
 */
export function entryWithText(entry: Omit<ManagedFieldsEntry, "fieldsV1">, text: string): ManagedFieldsEntry {
  const made: TextEntry = { ...entry };
  const unread: Unread = { text: flat(text), fields: undefined };
  Object.defineProperty(made, UNREAD, { value: unread });
  return Object.defineProperty(made, "fieldsV1", FIELDS);
}

/** The same two functions for all entries: with a getter in its literal, each entry would be a hash table. */
const FIELDS: PropertyDescriptor & ThisType<TextEntry> = {
  enumerable: true,
  configurable: true,
  get() {
    const unread = this[UNREAD]!;
    // From now on somebody may change it.
    if (unread.text !== undefined) unread.fields = JSON.parse(unread.text);
    unread.text = undefined;
    return unread.fields;
  },
  set(value: unknown) {
    const unread = this[UNREAD]!;
    unread.text = undefined;
    unread.fields = value;
  },
};

/** The same text: to look for a character in it makes one piece of the hundreds that it was put together from, which take 7 KB. */
function flat(text: string): string {
  invariant(text.charCodeAt(0) === OPENING_BRACE, "fieldsV1 is an object");
  return text;
}

/** The JSON of all entries; undefined when none of them is at hand as text. */
export function managedFieldsText(entries: readonly ManagedFieldsEntry[]): string | undefined {
  if (!entries.some((entry) => (entry as TextEntry)[UNREAD]?.text !== undefined)) return undefined;
  return `[${entries.map(entryText).join(",")}]`;
}

function entryText(entry: TextEntry): string {
  const text = entry[UNREAD]?.text;
  return text === undefined ? JSON.stringify(entry) : `${restOf(entry)},"fieldsV1":${text}}`;
}

/** All but fieldsV1, without the closing brace. */
function restOf(entry: TextEntry): string {
  const rest: Record<string, unknown> = {};
  for (const key in entry) if (key !== "fieldsV1") rest[key] = entry[key as keyof ManagedFieldsEntry];
  return JSON.stringify(rest).slice(0, -1);
}

const BYTES_REMEMBERED = 64;
const bytesByRest = new Map<string, { readonly text: string; readonly bytes: Buffer }>();

/**
 * The JSON of one entry in a list as bytes, never to be changed: who makes many objects in a second has the same for all of them.
 * Undefined when there are others, or it is not at hand as text.
 */
export function managedFieldsBytes(entries: readonly ManagedFieldsEntry[]): Buffer | undefined {
  const [entry, another] = entries as readonly TextEntry[];
  const text = entry?.[UNREAD]?.text;
  if (entry === undefined || text === undefined || another !== undefined) return undefined;
  const rest = restOf(entry);
  const known = bytesByRest.get(rest);
  if (known?.text === text) return known.bytes;
  const bytes = ownBytes(`[${rest},"fieldsV1":${text}}]`);
  if (bytesByRest.size >= BYTES_REMEMBERED) bytesByRest.clear();
  bytesByRest.set(rest, { text, bytes });
  return bytes;
}
