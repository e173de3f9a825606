import assert from "node:assert/strict";
import type { Result } from "./run.ts";

/** What a program says on standard error as it fails with that exit code. */
export async function refused(running: Promise<Result>, code = 1): Promise<string> {
  const result = await running;
  assert.equal(result.code, code, `${result.stdout}${result.stderr}`);
  return result.stderr.trimEnd();
}
