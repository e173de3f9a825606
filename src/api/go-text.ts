import { isJsonObject } from "./patch/json-value.ts";

/** A value as upstream's field.Error shows it: texts as Go quotes them (`%q`), the rest as Go's JSON. */
export function shownInGo(value: unknown): string {
  if (value === undefined || value === null) return "null";
  return typeof value === "string" ? quotedInGo(value) : jsonInGo(value);
}

const SPECIAL = /["\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
/** What Go's texts write with a backslash and one letter. */
export const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** Go's strconv.Quote: what cannot be printed is escaped. */
function quotedInGo(text: string): string {
  return `"${text.replace(SPECIAL, escaped)}"`;
}

function escaped(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0)!;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");

/** Fields that are maps, whose keys Go sorts; those of a struct come in the order in which they are declared. */
const MAPS = new Set(["matchLabels", "labels", "annotations", "nodeSelector", "limits", "requests", "data"]);

/** Go's encoding/json, which keeps HTML out of everything that it writes. */
function jsonInGo(value: unknown): string {
  const text = JSON.stringify(value, (key, each) => (MAPS.has(key) && isJsonObject(each) ? sorted(each) : each));
  return text.replace(/[<>&\u2028\u2029]/g, (character) => `\\u${hex(character.charCodeAt(0), 4)}`);
}

function sorted(map: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A JSON value as Go's `%v` and `%+v` print it. */
export function printedInGo(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(printedInGo).join(" ")}]`;
  if (!isJsonObject(value)) return String(value);
  const keys = Object.keys(value).toSorted();
  return `map[${keys.map((key) => `${key}:${printedInGo(value[key])}`).join(" ")}]`;
}

/** A JSON value as Go's `%#v` prints it. */
export function syntaxInGo(value: unknown): string {
  if (value === null || value === undefined) return "interface {}(nil)";
  if (typeof value === "string") return quotedInGo(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(syntaxInGo).join(", ")}}`;
  if (!isJsonObject(value)) return String(value);
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${quotedInGo(key)}:${syntaxInGo(value[key])}`);
  return `map[string]interface {}{${members.join(", ")}}`;
}

/** Several errors as Go prints them together: one as it is, more in brackets. */
export function aggregate(errors: readonly string[]): string {
  return errors.length === 1 ? errors[0]! : `[${errors.join(", ")}]`;
}
