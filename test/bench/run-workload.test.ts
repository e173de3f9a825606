import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runWorkload } from "./run-workload.ts";
import type { BenchRun } from "./workload.ts";
import { workloads } from "./workloads.ts";

const storeWatch = workloads.find(({ name }) => name === "store-watch")!;

function benchRun(): BenchRun & Disposable {
  const directory = mkdtempSync(join(tmpdir(), "wherry-bench-test-"));
  const dispose = (): void => rmSync(directory, { recursive: true, force: true });
  return { directory, program: "none", scale: 0.01, [Symbol.dispose]: dispose };
}

/** Process ids of this process's children. */
function children(): number[] {
  return readdirSync("/proc/self/task").flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}

test("measurements come out of a workload's process, and it ends", async () => {
  using run = benchRun();
  const before = children();
  const measurements = await runWorkload(storeWatch, { run }, new AbortController().signal);
  assert.ok((measurements.deliveries_per_second ?? 0) > 0);
  assert.deepEqual(children(), before);
});

test("a workload that is interrupted leaves no process behind", async () => {
  using run = benchRun();
  const before = children();
  const interrupted = new AbortController();
  const measuring = runWorkload(storeWatch, { run }, interrupted.signal);
  interrupted.abort(new Error("ended by SIGINT"));
  await assert.rejects(measuring);
  assert.deepEqual(children(), before);
});

test("why a workload failed is told", async () => {
  using run = benchRun();
  const apiGet = workloads.find(({ name }) => name === "api-get")!;
  await assert.rejects(runWorkload(apiGet, { run }, new AbortController().signal), /no start/);
});

test("a workload that needs our own process has no measurements of a peer", async () => {
  using run = benchRun();
  const peer = { target: { url: "https://127.0.0.1:1" }, namespace: "x" };
  await assert.rejects(runWorkload(storeWatch, { run, peer }, new AbortController().signal), /cannot be measured/);
});

test("every workload has a name and goals of its own", () => {
  assert.equal(new Set(workloads.map(({ name }) => name)).size, workloads.length);
  for (const { name, goals } of workloads) {
    assert.match(name, /^[a-z][a-z0-9-]*$/);
    assert.ok(goals.length > 0, name);
    assert.equal(new Set(goals.map(({ metric }) => metric)).size, goals.length, name);
  }
});
