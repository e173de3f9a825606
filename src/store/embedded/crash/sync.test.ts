import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/log.ts";
import { openEmbeddedStore } from "../embedded-store.ts";

const SCRIPT = join(import.meta.dirname, "sync-process.ts");

test("each acknowledgement comes after the log was synchronized, and that was noted", {
  timeout: 60_000,
}, (context) => {
  withTrace(context, [], ({ trace, output }) => {
    const acknowledged = output.filter((line) => line.startsWith("acknowledged"));
    assert.equal(acknowledged.length, 20);
    let synchronized = false;
    let noted = false;
    let seen = 0;
    for (const line of trace) {
      if (/f(data)?sync\(\d+<[^>]*store\.db-wal>\) += 0|<\.\.\. f(data)?sync resumed>\) += 0/.test(line))
        synchronized = true;
      if (/pwrite64\(\d+<[^>]*store\.db-acknowledged>/.test(line)) {
        assert.ok(synchronized, `noted before it was synchronized: ${line}`);
        noted = true;
      }
      if (!/ write\(1<.*"acknowledged \d/.test(line)) continue;
      assert.ok(synchronized, `acknowledged before it was synchronized: ${line}`);
      assert.ok(noted, `acknowledged before it was noted: ${line}`);
      synchronized = false;
      noted = false;
      seen++;
    }
    assert.equal(seen, 20);
  });
});

test("a failed sync is not acknowledged, reads go on, and writing recovers", { timeout: 60_000 }, async (context) => {
  await withTrace(context, ["-e", "inject=fsync,fdatasync:error=EIO:when=8..9"], async ({ output, directory }) => {
    const refused = output.filter((line) => line.startsWith("refused"));
    assert.ok(refused.length > 0, output.join("\n"));
    for (const line of refused) {
      const [, index, , readable] = line.split(" ");
      assert.equal(readable?.replace(":", ""), index, "all that was acknowledged before can be read, and nothing else");
      assert.match(line, /the disk reports an error/);
    }
    const acknowledged = output.filter((line) => line.startsWith("acknowledged"));
    assert.equal(acknowledged.length, 20, "it recovered");
    const store = await openEmbeddedStore({ directory, clock: systemClock, log: silentLogger });
    for (const line of acknowledged) {
      const [, index, revision] = line.split(" ");
      const stored = await store.get(`/key/${index}`);
      assert.deepEqual([stored?.value.toString(), stored?.revision], [`value ${index}`, Number(revision)]);
    }
    await store.close();
  });
});

interface Traced {
  directory: string;
  trace: string[];
  output: string[];
}

/** Runs the script under strace, and the check on what came out. */
function withTrace<T>(context: TestContext, options: readonly string[], check: (traced: Traced) => T): T | undefined {
  const strace = spawnSync("strace", ["-f", "-e", "trace=none", "true"], { encoding: "utf8" });
  if (strace.status !== 0) {
    context.skip("strace is missing or may not trace here");
    return undefined;
  }
  const directory = mkdtempSync(join(tmpdir(), "wherry-sync-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const traceFile = join(directory, "trace");
  const run = spawnSync(
    "strace",
    [
      "-f",
      "-y",
      "-s",
      "40",
      "-e",
      "trace=fsync,fdatasync,write,pwrite64",
      ...options,
      "-o",
      traceFile,
      process.execPath,
      SCRIPT,
      directory,
    ],
    { encoding: "utf8" },
  );
  assert.equal(run.status, 0, run.stderr);
  const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
  return check({ directory, trace: lines(readFileSync(traceFile, "utf8")), output: lines(run.stdout) });
}
