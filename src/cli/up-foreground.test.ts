import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { RunningProgram, UpOptions } from "./program.ts";
import { type RunState, readRunState, writeStopRequest } from "./run-state.ts";
import { recording } from "./testing/recording.ts";
import { runInForeground } from "./up-foreground.ts";

test("what runs says so to other commands, then that it is stopping, then nothing", async (context) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "wherry-foreground-"));
  context.after(() => rmSync(dataDirectory, { recursive: true }));
  const { context: invocation } = recording();
  const interrupt = new AbortController();
  const states: (RunState | undefined)[] = [];
  const asked: boolean[] = [];
  const look = (): void => void states.push(readRunState(dataDirectory));
  const running: RunningProgram = {
    url: "https://127.0.0.1:1",
    kubeconfig: "/k",
    nodeReady: false,
    stopped: new Promise(() => {}),
    async stop({ keepPods }) {
      asked.push(keepPods);
      look();
    },
  };
  const program = {
    ...invocation.program,
    async up() {
      look();
      setImmediate(() => {
        look();
        writeStopRequest(dataDirectory, { pid: process.pid, keepPods: true });
        interrupt.abort();
      });
      return running;
    },
  };
  const options = { dataDirectory, kubeconfig: "/k", node: false } as UpOptions;
  const all = { ...invocation, program, signal: interrupt.signal, options: {}, parameters: [] };
  assert.equal(await runInForeground(all, options), 0);
  assert.deepEqual(
    states.map((state) => [state?.ready, state?.stopping]),
    [
      [false, undefined],
      [true, undefined],
      [true, true],
    ],
  );
  assert.deepEqual(asked, [true]);
  assert.equal(existsSync(join(dataDirectory, "run.json")), false);
});
