import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Command, CommandError, type ExitCode, type Invocation } from "../command.ts";
import { dataDirectoryOf, dataDirectoryOption } from "../defaults.ts";
import { readRunState } from "../run-state.ts";
import { kubeconfigFile } from "./kubeconfig.ts";

export const kubectlCommand: Command = {
  name: "kubectl",
  summary: "run your kubectl on the cluster",
  usage: "kubectl [--data-dir DIR] [kubectl's own words]",
  options: { "data-dir": dataDirectoryOption },
  examples: ["wherry kubectl get pods --all-namespaces", "wherry kubectl help"],
  passThrough: true,
  async run(invocation: Invocation): Promise<ExitCode> {
    const kubectl = findProgram("kubectl", invocation.environment.PATH ?? "");
    if (kubectl === undefined) {
      throw new CommandError(
        "kubectl is not on your PATH. Get it from https://kubernetes.io/docs/tasks/tools/ (a clone of Wherry has its own: ./wherry kubectl).",
        4,
      );
    }
    const child = spawn(kubectl, invocation.parameters, {
      stdio: "inherit",
      env: { ...invocation.environment, KUBECONFIG: kubeconfigFile(invocation) },
    });
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    const exitCode = (signal === null ? (code ?? 1) : 1) as ExitCode;
    const dataDirectory = dataDirectoryOf(invocation);
    if (exitCode !== 0 && readRunState(dataDirectory) === undefined)
      invocation.terminal.say(`wherry: no "wherry up" runs with ${dataDirectory}`);
    return exitCode;
  },
};

function findProgram(name: string, path: string): string | undefined {
  for (const directory of path.split(delimiter)) {
    try {
      const file = join(directory, name);
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}
