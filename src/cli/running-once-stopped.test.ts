import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { VirtualClock } from "../base/virtual-clock.ts";
import { processStart, type RunState, writeRunState } from "./run-state.ts";
import { runningOnceStopped } from "./running-once-stopped.ts";
import { recording } from "./testing/recording.ts";

/** A data directory with which another process runs. */
function world(context: TestContext): { directory: string; other: ChildProcess; state: RunState } {
  const directory = mkdtempSync(join(tmpdir(), "wherry-stopping-"));
  const other = spawn("sleep", ["60"]);
  context.after(() => {
    other.kill("SIGKILL");
    rmSync(directory, { recursive: true });
  });
  const pid = other.pid!;
  const state = { pid, processStart: processStart(pid) ?? "", kubeconfig: "/k", startedAt: "", ready: true };
  return { directory, other, state };
}

test("what runs is answered at once, and so is that nothing does", async (context) => {
  const { directory, state } = world(context);
  const { context: invocation, said } = recording();
  assert.equal(await runningOnceStopped(invocation, directory), undefined);
  writeRunState(directory, state);
  assert.deepEqual(await runningOnceStopped(invocation, directory), state);
  assert.equal(said(), "");
});

test("what is stopping is waited for, and said", async (context) => {
  const { directory, other, state } = world(context);
  writeRunState(directory, { ...state, stopping: true });
  const { context: invocation, said } = recording();
  const waiting = runningOnceStopped(invocation, directory);
  assert.match(said(), new RegExp(`^Process ${state.pid} is stopping with .*; waiting`));
  other.kill("SIGKILL");
  assert.equal(await waiting, undefined);
});

test("what does not end is not waited for without end", async (context) => {
  const { directory, state } = world(context);
  writeRunState(directory, { ...state, stopping: true });
  const { context: invocation } = recording();
  const clock = new VirtualClock();
  const waiting = runningOnceStopped({ ...invocation, clock }, directory);
  await clock.advance(61_000);
  await assert.rejects(waiting, {
    name: "CommandError",
    exitCode: 5,
    message: /has not stopped within 60 s; see its log/,
  });
  const interrupted = { ...invocation, signal: AbortSignal.abort() };
  await assert.rejects(runningOnceStopped(interrupted, directory), /interrupted/);
});
