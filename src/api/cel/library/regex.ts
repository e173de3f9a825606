import { failure } from "../evaluate/failure.ts";
import { CelList } from "../evaluate/values.ts";
import type { Overload } from "./overload.ts";
import { member } from "./overload.ts";
import { matcher } from "./regular-expression.ts";

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
  let found: ReturnType<ReturnType<typeof matcher>["matcher"]>;
  try {
    found = matcher(pattern).matcher(text);
  } catch (error) {
    throw failure(`Illegal regex: ${error instanceof Error ? error.message : String(error)}`);
  }
  const results: string[] = [];
  while (results.length < limit && found.find()) results.push(found.group() ?? "");
  return results;
}
