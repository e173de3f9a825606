import type { ManagedFieldsEntry } from "../meta.ts";

/** Entries whose fieldsV1 nobody has looked at, with its JSON. */
const unread = new WeakMap<ManagedFieldsEntry, string>();

/**
 * An entry of metadata.managedFields whose fieldsV1 is at hand as JSON. It is parsed when somebody looks at it, which is
 * seldom: an object is stored, sent and shown as text.
 */
export function entryWithText(entry: Omit<ManagedFieldsEntry, "fieldsV1">, text: string): ManagedFieldsEntry {
  let fields: unknown;
  const read = (): unknown => {
    // From now on somebody may change it.
    if (unread.delete(made)) fields = JSON.parse(text);
    return fields;
  };
  const made: ManagedFieldsEntry = {
    ...entry,
    get fieldsV1() {
      return read();
    },
    set fieldsV1(value) {
      unread.delete(made);
      fields = value;
    },
  };
  unread.set(made, text);
  return made;
}

/** The JSON of all entries; undefined when none of them is at hand as text. */
export function managedFieldsText(entries: readonly ManagedFieldsEntry[]): string | undefined {
  if (!entries.some((entry) => unread.has(entry))) return undefined;
  return `[${entries.map(entryText).join(",")}]`;
}

function entryText(entry: ManagedFieldsEntry): string {
  const text = unread.get(entry);
  if (text === undefined) return JSON.stringify(entry);
  const rest: Record<string, unknown> = {};
  for (const key of Object.keys(entry)) if (key !== "fieldsV1") rest[key] = entry[key as keyof ManagedFieldsEntry];
  return `${JSON.stringify(rest).slice(0, -1)},"fieldsV1":${text}}`;
}
