import { existsSync } from "node:fs";
import { CommandError } from "../cli/command.ts";
import type { PartName, PartOptions } from "../cli/program.ts";
import { type ClusterAccess, readKubeconfig } from "../client/kubeconfig.ts";
import { partKubeconfig } from "./kubeconfigs.ts";

/** How a part enters the API server, and the file that says so. */
export interface PartAccess {
  readonly access: ClusterAccess;
  readonly kubeconfig: string;
}

/** @throws CommandError or KubeconfigError that says which file is missing or wrong */
export async function partAccess(name: PartName, options: PartOptions): Promise<PartAccess> {
  if (options.server !== undefined || options.token !== undefined) {
    throw new CommandError(
      `${name} enters with a kubeconfig of its own identity (--kubeconfig FILE); --server and --token are for wherry agent`,
      2,
    );
  }
  const kubeconfig = options.kubeconfig ?? partKubeconfig(options.dataDirectory, name);
  if (options.kubeconfig === undefined && !existsSync(kubeconfig)) {
    throw new CommandError(
      `there is no ${kubeconfig}: start the API server with this --data-dir first, or name the file with --kubeconfig`,
      2,
    );
  }
  return { access: await readKubeconfig(kubeconfig), kubeconfig };
}
