import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Fails when the program's log has a warning or an error. */
export function assertQuietLog({ dataDirectory }: { readonly dataDirectory: string }): void {
  const lines = readFileSync(join(dataDirectory, "wherry.log"), "utf8").split("\n");
  assert.deepEqual(
    lines.filter((line) => /^\S+ (warn|error) /.test(line)),
    [],
  );
}
