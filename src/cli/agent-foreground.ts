import { join } from "node:path";
import { formatTime } from "../base/clock.ts";
import type { ExitCode, Invocation } from "./command.ts";
import { openLog } from "./log-file.ts";
import type { PartOptions } from "./program.ts";
import { processStart, type RunState, readStopRequest, removeRunState, writeRunState } from "./run-state.ts";
import { runningOnceStopped } from "./running-once-stopped.ts";
import { progressOutput } from "./terminal.ts";
import { aborted } from "./wait.ts";

/** This machine as a node, until Ctrl-C or `wherry down`; other commands see it by its run state. */
export async function runAgent(invocation: Invocation, options: PartOptions): Promise<ExitCode> {
  const { terminal, clock, program, signal } = invocation;
  const { dataDirectory, nodeName } = options;
  const running = await runningOnceStopped(invocation, dataDirectory);
  if (running !== undefined) {
    const what = running.ready ? "already runs" : "is starting";
    terminal.say(`Wherry ${what} with ${dataDirectory} (process ${running.pid}); wherry down stops it.`);
    return 0;
  }
  const log = openLog(dataDirectory, invocation.options.verbose === true ? (line) => terminal.write(line) : undefined);
  const state: RunState = {
    pid: process.pid,
    processStart: processStart(process.pid) ?? "",
    ...(options.server === undefined ? {} : { url: options.server }),
    kubeconfig: join(dataDirectory, "kubelet.kubeconfig"),
    nodeName,
    startedAt: formatTime(clock.now()),
    ready: false,
  };
  writeRunState(dataDirectory, state);
  let hasStarted = false;
  try {
    const agent = await program.part("agent", options, progressOutput(terminal, clock, log.write));
    hasStarted = true;
    const ready: RunState = { ...state, url: agent.url, kubeconfig: agent.kubeconfig, ready: true };
    writeRunState(dataDirectory, ready);
    terminal.say(`agent runs as node ${nodeName}. Stop with Ctrl-C, or: wherry down --data-dir ${dataDirectory}.`);
    let keepPods = false;
    try {
      await Promise.race([aborted(signal), agent.stopped]);
      writeRunState(dataDirectory, { ...ready, stopping: true });
      keepPods = readStopRequest(dataDirectory, state.pid).keepPods;
      terminal.say(keepPods ? "Stopping; pods keep running …" : "Stopping …");
    } finally {
      await agent.stop({ keepPods });
    }
    terminal.say("Stopped.");
    return 0;
  } finally {
    removeRunState(dataDirectory, state.pid);
    if (hasStarted) log.close();
    else log.closeFailed();
  }
}
