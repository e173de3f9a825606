import type { Command } from "./command.ts";
import { backupCommand } from "./commands/backup.ts";
import { certsCommand } from "./commands/certs.ts";
import { checkCommand } from "./commands/check.ts";
import { downCommand } from "./commands/down.ts";
import { kubeconfigCommand } from "./commands/kubeconfig.ts";
import { kubectlCommand } from "./commands/kubectl.ts";
import { partCommands } from "./commands/parts.ts";
import { secretsCommand } from "./commands/secrets.ts";
import { serverCommand } from "./commands/server.ts";
import { statusCommand } from "./commands/status.ts";
import { storeCommand } from "./commands/store.ts";
import { upCommand } from "./commands/up.ts";
import { versionCommand } from "./commands/version.ts";

const isAgent = ({ name }: Command): boolean => name === "agent";

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  ...under("A cluster on this machine", [upCommand, downCommand, statusCommand, kubeconfigCommand, kubectlCommand]),
  ...under("A cluster of several machines", [serverCommand, ...partCommands.filter(isAgent)]),
  ...under("Its data, its keys, its security", [
    backupCommand,
    storeCommand,
    certsCommand,
    secretsCommand,
    checkCommand,
  ]),
  ...under(
    "Its parts, each in a process of its own",
    partCommands.filter((part) => !isAgent(part)),
  ),
  ...under("The program itself", [versionCommand]),
];

function under(group: string, list: readonly Command[]): Command[] {
  return list.map((command) => ({ ...command, group }));
}
