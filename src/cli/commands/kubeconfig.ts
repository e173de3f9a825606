import { existsSync, readFileSync } from "node:fs";
import { type Command, CommandError, type ExitCode, type Invocation } from "../command.ts";
import { dataDirectoryOf, dataDirectoryOption, kubeconfigOf } from "../defaults.ts";
import { readRunState } from "../run-state.ts";

export const kubeconfigCommand: Command = {
  name: "kubeconfig",
  summary: "print the kubeconfig of the cluster, or its path",
  usage: "kubeconfig [options]",
  options: {
    "data-dir": dataDirectoryOption,
    path: { type: "boolean", description: "print only where the file is" },
  },
  examples: ["export KUBECONFIG=$(wherry kubeconfig --path)"],
  async run(invocation: Invocation): Promise<ExitCode> {
    const file = kubeconfigFile(invocation);
    invocation.terminal.print(invocation.options.path === true ? file : readFileSync(file, "utf8"));
    return 0;
  },
};

/** The kubeconfig of the running cluster, else the one of its last start. @throws CommandError when there is none */
export function kubeconfigFile(invocation: Invocation): string {
  const file = readRunState(dataDirectoryOf(invocation))?.kubeconfig ?? kubeconfigOf(invocation);
  if (!existsSync(file))
    throw new CommandError(`there is no kubeconfig at ${file}: bring a cluster up first (wherry up)`, 3);
  return file;
}
