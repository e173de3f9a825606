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

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  upCommand,
  downCommand,
  statusCommand,
  kubeconfigCommand,
  kubectlCommand,
  certsCommand,
  secretsCommand,
  backupCommand,
  storeCommand,
  checkCommand,
  serverCommand,
  ...partCommands,
  versionCommand,
];
