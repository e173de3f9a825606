import { readFileSync } from "node:fs";
import { errorMessage } from "../base/assert.ts";
import { CommandError } from "./command.ts";

/**
 * Refuses to write the cluster's kubeconfig over a file that holds somebody's access to other clusters, which nobody could
 * get back. Ours may be written over, also after `kubectl config` has changed it.
 * @throws CommandError that says what to do instead
 */
export function refuseForeignKubeconfig(file: string): void {
  const text = readExisting(file);
  if (text.trim() === "") return;
  const servers = text.match(/^[\s-]*server:/gm)?.length ?? 0;
  if (servers === 1 && /^[\s-]*name: "?wherry"?$/m.test(text)) return;
  throw new CommandError(
    `${file} is there already and is not this cluster's kubeconfig: nothing was written. Name another file with --kubeconfig, and use both with KUBECONFIG=${file}:OTHER`,
  );
}

function readExisting(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new CommandError(`cannot write a kubeconfig to ${file}: ${errorMessage(error)}. Name another file.`);
  }
}
