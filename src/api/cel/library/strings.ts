import { SHORT_ESCAPES } from "../../go-text.ts";
import { failure } from "../evaluate/failure.ts";
import type { Value } from "../evaluate/values.ts";
import { CelList } from "../evaluate/values.ts";
import { spendWork } from "../evaluate/work.ts";
import type { Overload } from "./overload.ts";
import { global, member } from "./overload.ts";
import { formatText } from "./text-format.ts";

/** A text that a function makes may not grow beyond this many UTF-16 units. */
const longestText = 10_000_000;

export const strings: readonly Overload[] = [
  member("charAt", ["string", "int"], "string", (text: string, at: bigint) => {
    const letters = characters(text);
    if (at < 0n || at > BigInt(letters.length)) throw failure(`index out of range: ${at}`);
    return letters[Number(at)] ?? "";
  }),
  member("indexOf", ["string", "string"], "int", (text: string, part: string) => indexOf(text, part, 0n)),
  member("indexOf", ["string", "string", "int"], "int", indexOf),
  member("lastIndexOf", ["string", "string"], "int", (text: string, part: string) =>
    lastIndexOf(text, part, undefined),
  ),
  member("lastIndexOf", ["string", "string", "int"], "int", lastIndexOf),
  member("lowerAscii", ["string"], "string", (text: string) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase())),
  member("upperAscii", ["string"], "string", (text: string) => text.replace(/[a-z]+/g, (part) => part.toUpperCase())),
  member("replace", ["string", "string", "string"], "string", (text: string, from: string, to: string) =>
    replace(text, [from, to], -1n),
  ),
  member(
    "replace",
    ["string", "string", "string", "int"],
    "string",
    (text: string, from: string, to: string, most: bigint) => replace(text, [from, to], most),
  ),
  member("split", ["string", "string"], "list<string>", (text: string, by: string) => split(text, by, -1n)),
  member("split", ["string", "string", "int"], "list<string>", split),
  member("substring", ["string", "int"], "string", (text: string, from: bigint) => substring(text, from, undefined)),
  member("substring", ["string", "int", "int"], "string", substring),
  member("trim", ["string"], "string", (text: string) =>
    text.replace(/^[\s\u0085]+/u, "").replace(/[\s\u0085]+$/u, ""),
  ),
  member("join", ["list<string>"], "string", (list: CelList) => join(list, "")),
  member("join", ["list<string>", "string"], "string", join),
  member("reverse", ["string"], "string", (text: string) => [...text].reverse().join("")),
  member("format", ["string", "list<dyn>"], "string", formatText),
  global("strings.quote", ["string"], "string", quote),
];

/** Code points. */
function characters(text: string): string | string[] {
  return hasSurrogates(text) ? [...text] : text;
}

function hasSurrogates(text: string): boolean {
  return /[\ud800-\udfff]/.test(text);
}

function indexOf(text: string, part: string, from: bigint): bigint {
  const letters = characters(text);
  if (part === "") return from >= 0n && from <= BigInt(letters.length) ? from : outOfRange(from);
  if (from < 0n || from >= BigInt(letters.length)) return from === 0n ? -1n : outOfRange(from);
  return pointIndex(text, letters, text.indexOf(part, unitIndex(letters, Number(from))));
}

function lastIndexOf(text: string, part: string, from: bigint | undefined): bigint {
  const letters = characters(text);
  const size = BigInt(letters.length);
  if (from !== undefined && (from < 0n || (from >= size && part !== ""))) return outOfRange(from);
  if (part === "") return from ?? size;
  const start = from === undefined ? text.length : unitIndex(letters, Number(from));
  return pointIndex(text, letters, text.lastIndexOf(part, start));
}

function outOfRange(index: bigint): never {
  throw failure(`index out of range: ${index}`);
}

function unitIndex(letters: string | string[], at: number): number {
  return typeof letters === "string" ? at : letters.slice(0, at).join("").length;
}

function pointIndex(text: string, letters: string | string[], at: number): bigint {
  return BigInt(typeof letters === "string" || at < 0 ? at : [...text.slice(0, at)].length);
}

function substring(text: string, from: bigint, to: bigint | undefined): string {
  const letters = characters(text);
  const size = BigInt(letters.length);
  const end = to ?? size;
  if (from < 0n || from > size) outOfRange(from);
  if (end < 0n || end > size) outOfRange(end);
  if (from > end) throw failure(`invalid substring range. start: ${from}, end: ${end}`);
  const part = letters.slice(Number(from), Number(end));
  return typeof part === "string" ? part : part.join("");
}

function replace(text: string, [from, to]: readonly [string, string], most: bigint): string {
  if (most === 0n || from === to) return text;
  const limit = most < 0n || most > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(most);
  const pieces = from === "" ? [...text] : text.split(from);
  const growth = (pieces.length + 1) * to.length + text.length;
  if (growth > longestText) throw failure(`a text of ${growth} characters is too long: at most ${longestText}`);
  spendWork(growth);
  if (from === "") return replaceBetween(pieces, to, limit);
  const kept = pieces.length - 1 > limit ? [...pieces.slice(0, limit), pieces.slice(limit).join(from)] : pieces;
  return kept.join(to);
}

/** An empty text stands before every letter and at the end. */
function replaceBetween(letters: readonly string[], to: string, limit: number): string {
  let result = "";
  for (const [at, letter] of letters.entries()) result += at < limit ? to + letter : letter;
  return letters.length < limit ? result + to : result;
}

function split(text: string, by: string, most: bigint): CelList {
  if (most === 0n) return new CelList([]);
  const pieces = by === "" ? [...text] : text.split(by);
  if (most < 0n || BigInt(pieces.length) <= most) return new CelList(pieces);
  const count = Number(most) - 1;
  return new CelList([...pieces.slice(0, count), pieces.slice(count).join(by)]);
}

function join(list: CelList, separator: string): string {
  const parts = list.values().map((part) => {
    if (typeof part !== "string") throw failure("no such overload");
    return part;
  });
  const length = parts.reduce((sum, part) => sum + part.length + separator.length, 0);
  if (length > longestText) throw failure(`a text of ${length} characters is too long: at most ${longestText}`);
  spendWork(length);
  return parts.join(separator);
}

function quote(text: string): Value {
  return `"${[...text].map((letter) => SHORT_ESCAPES[letter] ?? letter).join("")}"`;
}
