import { glob } from "node:fs/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";

/**
 * Runs the tests: those beside the code several at a time, then the end-to-end tests one at a time, because they share the
 * machine's network. `npm test -- src/store` runs the files below a folder only. In CI a skipped test is a failure.
 */
const PHASES = [
  { pattern: "{src,scripts}/**/*.test.ts", concurrency: 2 },
  { pattern: "test/**/*.test.ts", concurrency: 1 },
];
const FILE_TIMEOUT_MS = 10 * 60_000;

const wanted = process.argv.slice(2);
const counts = { passed: 0, failed: 0, skipped: 0 };
const skipped: string[] = [];

for (const { pattern, concurrency } of PHASES) {
  const files = (await Array.fromAsync(glob(pattern))).sort().filter((file) => isWanted(file));
  if (files.length > 0) await runFiles(files, concurrency);
}

for (const line of skipped) console.log(`skipped: ${line}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
const skippedInCi = process.env.CI === "true" && counts.skipped > 0;
if (skippedInCi) console.error("in CI every test must run");
process.exitCode = counts.failed > 0 || counts.passed === 0 || skippedInCi ? 1 : 0;

function isWanted(file: string): boolean {
  return wanted.length === 0 || wanted.some((each) => file.startsWith(each.replace(/^\.\//, "")));
}

async function runFiles(files: string[], concurrency: number): Promise<void> {
  const stream = run({ files, concurrency, timeout: FILE_TIMEOUT_MS });
  stream.on("test:pass", ({ skip, name, details }) => {
    if (details.type === "suite") return;
    if (skip === undefined || skip === false) counts.passed++;
    else {
      counts.skipped++;
      skipped.push(`${name}${typeof skip === "string" ? `: ${skip}` : ""}`);
    }
  });
  stream.on("test:fail", ({ details }) => {
    if (details.type !== "suite") counts.failed++;
  });
  const report = stream.compose(spec);
  for await (const chunk of report) process.stdout.write(chunk as string);
}
