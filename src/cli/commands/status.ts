import type { Command, ExitCode, Invocation } from "../command.ts";
import { dataDirectoryOf, dataDirectoryOption, outputOption, wantsJson } from "../defaults.ts";
import { readRunState } from "../run-state.ts";

export const statusCommand: Command = {
  name: "status",
  summary: "say whether a cluster or agent runs, and where",
  usage: "status [options]",
  options: { "data-dir": dataDirectoryOption, output: outputOption },
  examples: ["wherry status", "wherry status --output json"],
  async run(invocation: Invocation): Promise<ExitCode> {
    const dataDirectory = dataDirectoryOf(invocation);
    const json = wantsJson(invocation);
    const state = readRunState(dataDirectory);
    if (state === undefined) {
      invocation.terminal.print(
        json ? JSON.stringify({ running: false, dataDirectory }) : `No cluster runs with ${dataDirectory}.`,
      );
      return 3;
    }
    const { url, kubeconfig, nodeName, startedAt, pid, ready, stopping } = state;
    if (json)
      invocation.terminal.print(
        JSON.stringify({ running: true, ready, stopping, url, kubeconfig, nodeName, startedAt, pid, dataDirectory }),
      );
    else {
      invocation.terminal.print(
        [
          `${ready ? "Running" : "Starting"} since ${startedAt} (process ${pid}${stopping ? ", stopping" : ""})`,
          ...(url === undefined ? [] : [`API server:  ${url}`]),
          `Node:        ${nodeName ?? "none (control plane only)"}`,
          `Kubeconfig:  ${kubeconfig}`,
          `Data:        ${dataDirectory}`,
        ].join("\n"),
      );
    }
    return 0;
  },
};
