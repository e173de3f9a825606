import { formatTime } from "../base/clock.ts";
import type { ExitCode, Invocation, Terminal } from "./command.ts";
import { defaultDataDirectory } from "./defaults.ts";
import { openLog } from "./log-file.ts";
import type { UpOptions } from "./program.ts";
import { processStart, type RunState, readStopRequest, removeRunState, writeRunState } from "./run-state.ts";
import { progressOutput } from "./terminal.ts";
import { DETACHED_VARIABLE } from "./up-detached.ts";
import { aborted } from "./wait.ts";

/** The cluster in this process, until Ctrl-C, `wherry down`, or a part that fails for good. */
export async function runInForeground(invocation: Invocation, options: UpOptions): Promise<ExitCode> {
  const { terminal, clock, program, signal } = invocation;
  const { dataDirectory, kubeconfig } = options;
  const startedAt = clock.monotonic();
  const log = openLog(dataDirectory, invocation.options.verbose === true ? (line) => terminal.write(line) : undefined);
  const output = progressOutput(terminal, clock, log.write);
  const state: RunState = {
    pid: process.pid,
    processStart: processStart(process.pid) ?? "",
    kubeconfig,
    ...(options.node ? { nodeName: options.nodeName } : {}),
    startedAt: formatTime(clock.now()),
    ready: false,
  };
  writeRunState(dataDirectory, state);
  let hasStarted = false;
  try {
    const cluster = await program.up(options, output);
    hasStarted = true;
    const ready = { ...state, url: cluster.url, ready: true };
    writeRunState(dataDirectory, ready);
    terminal.say(`Ready in ${((clock.monotonic() - startedAt) / 1000).toFixed(2)} s.`);
    nextSteps(terminal, ready);
    terminal.say(`${howToStop(invocation, dataDirectory)} Log: ${log.file}`);
    await Promise.race([aborted(signal), cluster.stopped]);
    writeRunState(dataDirectory, { ...ready, stopping: true });
    const { keepPods } = readStopRequest(dataDirectory, state.pid);
    terminal.say(keepPods ? "Stopping; pods keep running …" : "Stopping …");
    await cluster.stop({ keepPods });
    terminal.say("Stopped.");
    return 0;
  } finally {
    removeRunState(dataDirectory, state.pid);
    if (hasStarted) log.close();
    else log.closeFailed();
  }
}

/** Command lines that reach the cluster that runs now. */
export function nextSteps(terminal: Terminal, state: RunState): void {
  terminal.say(`Kubeconfig: ${state.kubeconfig}`);
  terminal.say(`Try:  export KUBECONFIG=${shellWord(state.kubeconfig)}`);
  terminal.say("      kubectl get nodes");
}

function howToStop({ environment }: Invocation, dataDirectory: string): string {
  const where = dataDirectory === defaultDataDirectory(environment) ? "" : ` --data-dir ${shellWord(dataDirectory)}`;
  const command = `wherry down${where}`;
  return environment[DETACHED_VARIABLE] === undefined ? `Stop with Ctrl-C, or: ${command}.` : `Stop with: ${command}.`;
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
