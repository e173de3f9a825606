import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { whoMayDoWhat } from "./who-may-do-what.ts";

const FILE = new URL("who-may-do-what.txt", import.meta.url);

/** REWRITE=1 writes the table anew: every line of the change is then a decision about somebody's rights. */
test("every resource and verb, for everybody: as the table says", async () => {
  const table = await whoMayDoWhat();
  if (process.env.REWRITE === "1") writeFileSync(FILE, table);
  const expected = readFileSync(FILE, "utf8");
  const [now, before] = [new Set(withPart(table)), new Set(withPart(expected))];
  const gained = [...now].filter((line) => !before.has(line));
  const lost = [...before].filter((line) => !now.has(line));
  assert.deepEqual({ gained, lost }, { gained: [], lost: [] }, "REWRITE=1 writes the table anew");
  assert.equal(table, expected);
});

/** Lines with whose they are. */
function withPart(table: string): string[] {
  let part = "";
  return table.split("\n").flatMap((line) => {
    if (line.startsWith("  ")) return [`${part}:${line}`];
    part = line;
    return [];
  });
}
