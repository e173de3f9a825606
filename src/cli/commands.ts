import type { Command } from "./command.ts";
import { downCommand } from "./commands/down.ts";
import { kubeconfigCommand } from "./commands/kubeconfig.ts";
import { kubectlCommand } from "./commands/kubectl.ts";
import { partCommands } from "./commands/parts.ts";
import { serverCommand } from "./commands/server.ts";
import { statusCommand } from "./commands/status.ts";
import { upCommand } from "./commands/up.ts";
import { versionCommand } from "./commands/version.ts";

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  upCommand,
  downCommand,
  statusCommand,
  kubeconfigCommand,
  kubectlCommand,
  serverCommand,
  ...partCommands,
  versionCommand,
];
