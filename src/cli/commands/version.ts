import { KUBERNETES_VERSION, WHERRY_VERSION } from "../../api/version.ts";
import type { Command, ExitCode, Invocation } from "../command.ts";
import { outputOption, wantsJson } from "../defaults.ts";

export const versionCommand: Command = {
  name: "version",
  summary: "print the versions of Wherry and of the Kubernetes API that it serves",
  usage: "version [options]",
  options: { output: outputOption },
  examples: ["wherry version --output json"],
  async run(invocation: Invocation): Promise<ExitCode> {
    const versions = { wherry: WHERRY_VERSION, kubernetes: KUBERNETES_VERSION, node: process.version };
    if (wantsJson(invocation)) invocation.terminal.print(JSON.stringify(versions));
    else
      invocation.terminal.print(
        `wherry ${versions.wherry}, Kubernetes API ${versions.kubernetes}, Node ${versions.node}`,
      );
    return 0;
  },
};
