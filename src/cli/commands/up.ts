import { resolve } from "node:path";
import { type Command, CommandError, type ExitCode, type Invocation } from "../command.ts";
import {
  bindOf,
  bindOption,
  dataDirectoryOf,
  dataDirectoryOption,
  kubeconfigOf,
  nodeIpOf,
  nodeIpOption,
  nodeNameOf,
  nodeNameOption,
  portOf,
  runtimeOf,
  runtimeOption,
  systemLogQueryOption,
  text,
} from "../defaults.ts";
import { refuseForeignKubeconfig } from "../kubeconfig-file.ts";
import type { UpOptions } from "../program.ts";
import { type RunState, readRunState } from "../run-state.ts";
import { runningOnceStopped } from "../running-once-stopped.ts";
import { serverChoicesOf, serverOptions } from "../server-options.ts";
import { startDetached } from "../up-detached.ts";
import { nextSteps, runInForeground } from "../up-foreground.ts";
import { pause } from "../wait.ts";

const START_MS = 60_000;
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
    ...serverOptions,
    "node-name": nodeNameOption,
    "node-ip": nodeIpOption("--bind, else its pods' gateway"),
    "no-node": { type: "boolean", description: "control plane only: no kubelet, no proxy, no DNS" },
    runtime: runtimeOption,
    "enable-system-log-query": systemLogQueryOption,
    "simulated-nodes": {
      type: "string",
      value: "N",
      description: "so many nodes more, on which no container really runs",
    },
    simulation: {
      type: "string",
      value: "FILE",
      description: "how simulated nodes, and pods without containers, behave (docs/guide/simulated-nodes.md)",
    },
    detach: { type: "boolean", short: "d", description: "come back when the cluster is ready and leave it running" },
    verbose: { type: "boolean", description: "show the log here (it is always in DIR/wherry.log)" },
  },
  examples: [
    "wherry up",
    "wherry up --data-dir ./cluster --port 7443 --detach",
    "wherry up --no-node --simulated-nodes 100",
  ],
  run: up,
};

async function up(invocation: Invocation): Promise<ExitCode> {
  const options = upOptions(invocation);
  const detached = invocation.options.detach === true;
  const running = await runningOnceStopped(invocation, options.dataDirectory);
  if (running !== undefined) return alreadyRunning(invocation, options.dataDirectory, detached ? running : undefined);
  return detached ? startDetached(invocation, options.dataDirectory) : runInForeground(invocation, options);
}

/** All options, checked before anything is done. @throws CommandError on a wrong one */
function upOptions(invocation: Invocation): UpOptions {
  const port = portOf(invocation);
  const options: UpOptions = {
    dataDirectory: dataDirectoryOf(invocation),
    kubeconfig: kubeconfigOf(invocation),
    ...(port === undefined ? {} : { port }),
    bind: bindOf(invocation),
    nodeName: nodeNameOf(invocation),
    nodeIp: nodeIpOf(invocation),
    node: invocation.options["no-node"] !== true,
    runtime: runtimeOf(invocation),
    systemLogQuery: invocation.options["enable-system-log-query"] === true,
    ...serverChoicesOf(invocation),
    ...simulationOf(invocation),
    signal: invocation.signal,
  };
  if (text(invocation, "kubeconfig") !== undefined) refuseForeignKubeconfig(options.kubeconfig);
  return options;
}

const SIMULATED_NODES_MAX = 15_000;

function simulationOf(invocation: Invocation): Pick<UpOptions, "simulatedNodes" | "simulation"> {
  const count = text(invocation, "simulated-nodes") ?? "0";
  if (!/^\d{1,5}$/.test(count) || Number(count) > SIMULATED_NODES_MAX) {
    throw new CommandError(`--simulated-nodes is a number from 0 to ${SIMULATED_NODES_MAX}, not "${count}"`, 2);
  }
  const file = text(invocation, "simulation");
  return { simulatedNodes: Number(count), ...(file === undefined ? {} : { simulation: resolve(file) }) };
}

/** Says what runs already; who wants it detached wants it ready. */
async function alreadyRunning(
  invocation: Invocation,
  dataDirectory: string,
  awaited: RunState | undefined,
): Promise<ExitCode> {
  const { terminal, clock, signal } = invocation;
  const deadline = clock.monotonic() + START_MS;
  let state = readRunState(dataDirectory);
  while (awaited !== undefined && state?.ready === false && clock.monotonic() < deadline && !signal.aborted) {
    await pause(POLL_MS);
    state = readRunState(dataDirectory);
  }
  if (state === undefined) throw new CommandError(`the cluster with ${dataDirectory} has just ended: start it again`);
  terminal.say(
    `A cluster ${state.ready ? "already runs" : "is starting"} with ${dataDirectory} (process ${state.pid}).`,
  );
  if (state.ready) nextSteps(terminal, state);
  return awaited === undefined || state.ready ? 0 : 1;
}
