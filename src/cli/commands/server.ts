import type { Command } from "../command.ts";
import { upCommand } from "./up.ts";

const { "no-node": _noNode, "node-ip": _nodeIp, runtime: _runtime, ...options } = upCommand.options;

/** The control plane for agents on other machines: `up` without a node. */
export const serverCommand: Command = {
  ...upCommand,
  name: "server",
  aliases: [],
  summary: "run the control plane for agents, without a node of its own",
  usage: "server [options]",
  options,
  examples: [
    "wherry server --bind 0.0.0.0",
    "wherry server --bind 0.0.0.0 --etcd-servers http://10.0.0.1:2379,http://10.0.0.2:2379 --pki-dir ./pki",
  ],
  run: (invocation) => upCommand.run({ ...invocation, options: { ...invocation.options, "no-node": true } }),
};
