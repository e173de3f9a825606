import type { ApiObject } from "../../api/meta.ts";
import { invariant } from "../../base/assert.ts";
import type { EntryReader } from "../cache/entry-reader.ts";
import { noteOrigin } from "./causes.ts";
import { encode, exactObjectOf, remember, stamp } from "./codec.ts";
import type { Conversion } from "./conversion.ts";

/** How the watch cache of a served version makes its entries of what is stored. */
export function entryReader(conversion: Conversion): EntryReader {
  return (values) => {
    const stored = values.map(({ value }) => exactObjectOf(value));
    const show = (shown: readonly ApiObject[]): Buffer[] => {
      invariant(shown.length === values.length, "a conversion answers one object for each");
      return values.map(({ value, revision }, index) => bytesOf({ value, revision }, stored[index]!, shown[index]!));
    };
    const converted = conversion.fromStored(stored);
    return converted instanceof Promise ? converted.then(show) : show(converted);
  };
}

/** The stored bytes themselves where the conversion changed nothing. */
function bytesOf(stored: { value: Buffer; revision: number }, before: ApiObject, after: ApiObject): Buffer {
  if (after === before) return stored.value;
  const bytes = stamp(encode(after), stored.revision);
  remember(bytes, { ...after, metadata: { ...after.metadata, resourceVersion: String(stored.revision) } });
  noteOrigin(bytes, stored.value);
  return bytes;
}
