import { runAgent } from "../agent-foreground.ts";
import type { Command, CommandOption, ExitCode, Invocation } from "../command.ts";
import {
  addressOf,
  bindOf,
  bindOption,
  dataDirectoryOf,
  dataDirectoryOption,
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
import { openLog } from "../log-file.ts";
import type { PartName, PartOptions } from "../program.ts";
import { runningOnceStopped } from "../running-once-stopped.ts";
import { serverChoicesOf, serverOptions } from "../server-options.ts";
import { progressOutput } from "../terminal.ts";
import { startDetached } from "../up-detached.ts";
import { aborted } from "../wait.ts";

const reach: Record<string, CommandOption> = {
  kubeconfig: { type: "string", value: "FILE", description: "how to reach the API server, as this part's identity" },
  server: { type: "string", value: "URL", description: "the API server, together with --token" },
  token: {
    type: "string",
    value: "TOKEN",
    description: "lets this machine join: the text of DIR/agent-token on the server",
  },
};
const common: Record<string, CommandOption> = {
  "data-dir": dataDirectoryOption,
  verbose: { type: "boolean", description: "show the log here" },
};
const node: Record<string, CommandOption> = {
  "node-name": nodeNameOption,
  runtime: runtimeOption,
  "enable-system-log-query": systemLogQueryOption,
};

const health = (port: number): Record<string, CommandOption> => ({
  "bind-address": {
    type: "string",
    value: "ADDRESS",
    description: "where /healthz and /metrics are served",
    default: "127.0.0.1",
  },
  "secure-port": {
    type: "string",
    value: "PORT",
    description: `its port; 0 serves them nowhere (default: ${port} or any free one)`,
  },
});

function part(name: PartName, summary: string, options: Record<string, CommandOption>, example: string): Command {
  return {
    name,
    summary,
    usage: `${name} [options]`,
    options: { ...common, ...options },
    examples: [example],
    run: (invocation) => run(name, invocation),
  };
}

/** The parts of the program alone, talking HTTP: the same code as in one process. */
export const partCommands: readonly Command[] = [
  part(
    "apiserver",
    "run the API server alone",
    {
      port: { type: "string", value: "PORT", description: "port to listen on", default: "6443" },
      bind: bindOption,
      ...serverOptions,
    },
    "wherry apiserver --data-dir ./cluster --port 7443",
  ),
  part(
    "controller-manager",
    "run the controllers alone",
    { ...reach, ...health(10257) },
    "wherry controller-manager --kubeconfig ./cluster/controller-manager.kubeconfig",
  ),
  part(
    "scheduler",
    "run the scheduler alone",
    { ...reach, ...health(10259) },
    "wherry scheduler --kubeconfig ./cluster/scheduler.kubeconfig",
  ),
  part(
    "kubelet",
    "run the kubelet alone",
    { ...reach, ...node, "node-ip": nodeIpOption("its pods' gateway") },
    "wherry kubelet --kubeconfig ./cluster/kubelet.kubeconfig",
  ),
  part(
    "proxy",
    "run the service proxy alone",
    { ...reach, "node-name": nodeNameOption },
    "wherry proxy --kubeconfig ./cluster/proxy.kubeconfig",
  ),
  part(
    "agent",
    "join this machine to a cluster as a node",
    {
      ...reach,
      ...node,
      "node-ip": nodeIpOption("the one towards the server"),
      detach: { type: "boolean", short: "d", description: "come back when the node is ready and leave it running" },
    },
    "wherry agent --server https://10.0.0.1:6443 --token $(ssh 10.0.0.1 cat /var/lib/wherry/agent-token)",
  ),
];

async function run(name: PartName, invocation: Invocation): Promise<ExitCode> {
  const options = partOptions(invocation);
  if (name !== "agent") return runPart(name, invocation, options);
  const isThere = (await runningOnceStopped(invocation, options.dataDirectory)) !== undefined;
  if (invocation.options.detach === true && !isThere) return startDetached(invocation, options.dataDirectory);
  return runAgent(invocation, options);
}

function partOptions(invocation: Invocation): PartOptions {
  return {
    dataDirectory: dataDirectoryOf(invocation),
    kubeconfig: text(invocation, "kubeconfig"),
    server: text(invocation, "server"),
    token: text(invocation, "token"),
    port: portOf(invocation),
    bind: bindOf(invocation),
    ...serverChoicesOf(invocation),
    nodeName: nodeNameOf(invocation),
    nodeIp: nodeIpOf(invocation),
    bindAddress: addressOf(invocation, "bind-address"),
    securePort: portOf(invocation, "secure-port"),
    runtime: runtimeOf(invocation),
    systemLogQuery: invocation.options["enable-system-log-query"] === true,
    signal: invocation.signal,
  };
}

async function runPart(name: PartName, invocation: Invocation, options: PartOptions): Promise<ExitCode> {
  const { terminal, clock, program, signal } = invocation;
  const { dataDirectory } = options;
  const log = openLog(dataDirectory, invocation.options.verbose === true ? (line) => terminal.write(line) : undefined);
  let hasStarted = false;
  try {
    const running = await program.part(name, options, progressOutput(terminal, clock, log.write));
    hasStarted = true;
    terminal.say(`${name} runs. Stop with Ctrl-C.`);
    try {
      await Promise.race([aborted(signal), running.stopped]);
    } finally {
      await running.stop({ keepPods: false });
    }
    return 0;
  } finally {
    if (hasStarted) log.close();
    else log.closeFailed();
  }
}
