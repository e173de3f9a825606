import { CelList } from "../evaluate/values.ts";
import type { Overload } from "./overload.ts";
import { member } from "./overload.ts";
import { measuredMatcher } from "./regular-expression.ts";

export const regex: readonly Overload[] = [
  member("find", ["string", "string"], "string", (text: string, pattern: string) => findAll(text, pattern, 1)[0] ?? ""),
  member(
    "findAll",
    ["string", "string"],
    "list<string>",
    (text: string, pattern: string) => new CelList(findAll(text, pattern, Infinity)),
  ),
  member(
    "findAll",
    ["string", "string", "int"],
    "list<string>",
    (text: string, pattern: string, limit: bigint) =>
      new CelList(findAll(text, pattern, limit < 0n ? Infinity : Number(limit))),
  ),
];

function findAll(text: string, pattern: string, limit: number): string[] {
  const { matcher, spend } = measuredMatcher(pattern, text);
  const results: string[] = [];
  while (results.length < limit && matcher.find()) {
    results.push(matcher.group() ?? "");
    // Every search may have to read what is left to its end.
    spend(text.length - matcher.end());
  }
  return results;
}
