import { typeNameOf } from "../evaluate/runtime-type.ts";
import type { Value } from "../evaluate/values.ts";
import { type CelList, type CelMap, TypeValue } from "../evaluate/values.ts";
import type { Overload } from "./overload.ts";
import { global, member } from "./overload.ts";
import { matcherOf } from "./regular-expression.ts";

const sizes = [
  ["string", (text: string) => BigInt(codePoints(text))],
  ["bytes", (bytes: Uint8Array) => BigInt(bytes.length)],
  ["list<A>", (list: CelList) => BigInt(list.size)],
  ["map<A, B>", (map: CelMap) => BigInt(map.size)],
] as const;

/** Code points of a text. */
export function codePoints(text: string): number {
  let pairs = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0xd800 && code <= 0xdbff) pairs++;
  }
  return pairs === 0 ? text.length : [...text].length;
}

/** The functions that every CEL has, besides operators, conversions and time. */
export const standard: readonly Overload[] = [
  ...sizes.flatMap(([type, size]) => [global("size", [type], "int", size), member("size", [type], "int", size)]),
  member("contains", ["string", "string"], "bool", (text: string, part: string) => text.includes(part)),
  member("startsWith", ["string", "string"], "bool", (text: string, part: string) => text.startsWith(part)),
  member("endsWith", ["string", "string"], "bool", (text: string, part: string) => text.endsWith(part)),
  member("matches", ["string", "string"], "bool", matches),
  global("matches", ["string", "string"], "bool", matches),
  global("type", ["A"], "type<A>", (value: Value) => new TypeValue(typeNameOf(value))),
  global("dyn", ["A"], "dyn", (value: Value) => value),
];

function matches(text: string, pattern: string): boolean {
  return matcherOf(pattern, text).find();
}
