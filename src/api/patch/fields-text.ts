import { invariant } from "../../base/assert.ts";
import type { ManagedFieldsEntry } from "../meta.ts";

const OPENING_BRACE = 0x7b;

/** The JSON of fieldsV1 while nobody has looked at them. */
interface Unread {
  text: string | undefined;
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
  let fields: unknown;
  const unread: Unread = { text: flat(text) };
  const made: TextEntry = {
    ...entry,
    get fieldsV1() {
      // From now on somebody may change it.
      if (unread.text !== undefined) fields = JSON.parse(unread.text);
      unread.text = undefined;
      return fields;
    },
    set fieldsV1(value) {
      unread.text = undefined;
      fields = value;
    },
  };
  return Object.defineProperty(made, UNREAD, { value: unread });
}

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
  if (text === undefined) return JSON.stringify(entry);
  const rest: Record<string, unknown> = {};
  for (const key of Object.keys(entry)) if (key !== "fieldsV1") rest[key] = entry[key as keyof ManagedFieldsEntry];
  return `${JSON.stringify(rest).slice(0, -1)},"fieldsV1":${text}}`;
}
