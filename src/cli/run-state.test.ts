import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import {
  processStart,
  type RunState,
  readRunState,
  readStopRequest,
  removeRunState,
  writeRunState,
  writeStopRequest,
} from "./run-state.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "wherry-state-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const state = (change: Partial<RunState> = {}): RunState => ({
  pid: process.pid,
  processStart: processStart(process.pid) ?? "",
  url: "https://127.0.0.1:6443",
  kubeconfig: "/k",
  startedAt: "2026-01-02T03:04:05Z",
  ready: true,
  ...change,
});

test("of a process that runs is read back, and nobody else may read the file", () => {
  writeRunState(directory, state());
  assert.deepEqual(readRunState(directory), state());
  assert.equal(statSync(join(directory, "run.json")).mode & 0o077, 0);
});

test("of a process that is gone, or whose number another process has got, counts as none", () => {
  writeRunState(directory, state({ pid: 2 ** 22 + 1 }));
  assert.equal(readRunState(directory), undefined);
  writeRunState(directory, state({ processStart: "1" }));
  assert.equal(readRunState(directory), process.platform === "linux" ? undefined : state({ processStart: "1" }));
});

test("that is missing or damaged counts as none", () => {
  assert.equal(readRunState(join(directory, "missing")), undefined);
  writeFileSync(join(directory, "run.json"), '{"pid":');
  assert.equal(readRunState(directory), undefined);
});

test("is removed by its own process only", () => {
  writeRunState(directory, state());
  writeStopRequest(directory, { pid: process.pid, keepPods: true });
  assert.deepEqual(readStopRequest(directory, process.pid), { keepPods: true });
  assert.deepEqual(readStopRequest(directory, process.pid + 1), { keepPods: false }, "one that was killed");
  removeRunState(directory, process.pid + 1);
  assert.notEqual(readRunState(directory), undefined);
  removeRunState(directory, process.pid);
  assert.equal(existsSync(join(directory, "run.json")), false);
  assert.deepEqual(readStopRequest(directory, process.pid), { keepPods: false });
});
