import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { formatTime } from "../../base/clock.ts";
import { type Command, CommandError, type ExitCode, type Invocation } from "../command.ts";
import { makeDataDirectory } from "../data-directory.ts";
import {
  bindOption,
  dataDirectoryOf,
  dataDirectoryOption,
  kubeconfigOf,
  nodeNameOf,
  nodeNameOption,
  portOf,
  runtimeOf,
  runtimeOption,
  text,
} from "../defaults.ts";
import { openLog, readLog } from "../log-file.ts";
import {
  processStart,
  type RunState,
  readRunState,
  readStopRequest,
  removeRunState,
  writeRunState,
} from "../run-state.ts";
import { progressOutput } from "../terminal.ts";
import { aborted, pause } from "../wait.ts";

const DETACHED_START_MS = 60_000;
const POLL_MS = 50;

export const upCommand: Command = {
  name: "up",
  aliases: ["start"],
  summary: "bring up a cluster on this machine",
  usage: "up [options]",
  options: {
    "data-dir": dataDirectoryOption,
    kubeconfig: {
      type: "string",
      value: "FILE",
      description: "where to write the kubeconfig (default DIR/kubeconfig)",
    },
    port: { type: "string", value: "PORT", description: "port of the API server (default 6443, or the next free one)" },
    bind: bindOption,
    "node-name": nodeNameOption,
    "no-node": { type: "boolean", description: "control plane only: no kubelet, no proxy, no DNS" },
    runtime: runtimeOption,
    token: {
      type: "string",
      value: "TOKEN",
      description: "token for agents that join (default: made, in DIR/agent-token)",
    },
    detach: { type: "boolean", short: "d", description: "come back when the cluster is ready and leave it running" },
    verbose: { type: "boolean", description: "show the log here (it is always in DIR/wherry.log)" },
  },
  examples: ["wherry up", "wherry up --data-dir ./cluster --port 7443 --detach"],
  run: up,
};

async function up(invocation: Invocation): Promise<ExitCode> {
  const dataDirectory = dataDirectoryOf(invocation);
  const running = readRunState(dataDirectory);
  if (running !== undefined) {
    const doing = running.ready ? "already runs" : "is starting";
    invocation.terminal.say(`A cluster ${doing} with ${dataDirectory} (process ${running.pid}).`);
    if (running.ready) nextSteps(invocation, running);
    return 0;
  }
  if (invocation.options.detach === true) return detach(invocation, dataDirectory);
  return foreground(invocation, dataDirectory);
}

async function foreground(invocation: Invocation, dataDirectory: string): Promise<ExitCode> {
  const { terminal, clock, program, signal } = invocation;
  const startedAt = clock.monotonic();
  const log = openLog(dataDirectory, invocation.options.verbose === true ? (line) => terminal.write(line) : undefined);
  const output = progressOutput(terminal, clock, log.write);
  const port = portOf(invocation);
  const token = text(invocation, "token");
  const state: RunState = {
    pid: process.pid,
    processStart: processStart(process.pid) ?? "",
    url: "",
    kubeconfig: kubeconfigOf(invocation),
    nodeName: nodeNameOf(invocation),
    startedAt: formatTime(clock.now()),
    ready: false,
  };
  writeRunState(dataDirectory, state);
  try {
    const cluster = await program.up(
      {
        dataDirectory,
        kubeconfig: state.kubeconfig,
        ...(port === undefined ? {} : { port }),
        bind: text(invocation, "bind") ?? "127.0.0.1",
        nodeName: state.nodeName,
        node: invocation.options["no-node"] !== true,
        runtime: runtimeOf(invocation),
        signal,
        ...(token === undefined ? {} : { token }),
      },
      output,
    );
    const ready = { ...state, url: cluster.url, ready: true };
    writeRunState(dataDirectory, ready);
    terminal.say(`Ready in ${((clock.monotonic() - startedAt) / 1000).toFixed(2)} s.`);
    nextSteps(invocation, ready);
    terminal.say(`Stop with Ctrl-C, or "wherry down". Log: ${log.file}`);
    await Promise.race([aborted(signal), cluster.stopped]);
    const { keepPods } = readStopRequest(dataDirectory);
    terminal.say(keepPods ? "Stopping; pods keep running …" : "Stopping …");
    await cluster.stop({ keepPods });
    terminal.say("Stopped.");
    return 0;
  } finally {
    removeRunState(dataDirectory);
    log.close();
  }
}

function nextSteps({ terminal }: Invocation, state: RunState): void {
  terminal.say(`Kubeconfig: ${state.kubeconfig}`);
  terminal.say(`Try:  export KUBECONFIG=${state.kubeconfig}`);
  terminal.say("      kubectl get nodes");
}

/** Starts the same command in the background and shows what it says until it is ready. */
async function detach(invocation: Invocation, dataDirectory: string): Promise<ExitCode> {
  const { clock, terminal } = invocation;
  makeDataDirectory(dataDirectory);
  const file = join(dataDirectory, "start.log");
  const output = openSync(file, "w", 0o600);
  const words = process.argv.slice(2).filter((word) => word !== "--detach" && word !== "-d");
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...words], {
    detached: true,
    stdio: ["ignore", output, output],
  });
  let exitCode: number | undefined;
  child.on("exit", (code) => {
    exitCode = code ?? 1;
  });
  const deadline = clock.monotonic() + DETACHED_START_MS;
  while (clock.monotonic() < deadline) {
    const state = readRunState(dataDirectory);
    if (state?.pid === child.pid && state?.ready === true) {
      child.unref();
      terminal.say(readLog(file));
      return 0;
    }
    if (exitCode !== undefined)
      throw new CommandError(`the cluster did not start:\n${readLog(file)}`, exitCode as ExitCode);
    await pause(POLL_MS);
  }
  throw new CommandError(`the cluster was not ready within ${DETACHED_START_MS / 1000} s; it says:\n${readLog(file)}`);
}
