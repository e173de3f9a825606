import { resolve } from "node:path";
import { type Command, CommandError, type ExitCode, type Invocation } from "../command.ts";
import { dataDirectoryOf, dataDirectoryOption, text } from "../defaults.ts";
import { etcdOf, etcdOptions } from "../etcd-options.ts";
import { keepAlive } from "../wait.ts";
import { restoredText, sayLost, sayMissing } from "./backup.ts";

const { "pki-dir": _, ...storeOptions } = etcdOptions;

export const storeCommand: Command = {
  name: "store",
  summary: "move objects between engines: data directory, etcd, etcd snapshot",
  usage: "store export|import FILE [options]",
  actions: {
    export: "write the objects as the etcd snapshot FILE (for etcdctl snapshot restore), also while the cluster runs",
    import: "put the objects of an etcd snapshot, or of a backup, into a store that has none",
  },
  parameter: "FILE",
  options: {
    "data-dir": dataDirectoryOption,
    force: { type: "boolean", description: "with import: move the objects that are in the data directory aside" },
    "skip-hash-check": {
      type: "boolean",
      description: "with import: take an etcd member's own file (member/snap/db), which has no SHA-256 at its end",
    },
    ...storeOptions,
  },
  examples: ["wherry store export cluster.db", "wherry store import cluster.db --etcd-servers http://10.0.0.1:2379"],
  async run(invocation: Invocation): Promise<ExitCode> {
    const [action, file] = invocation.parameters;
    if (action !== "export" && action !== "import") {
      throw new CommandError("say what to do: wherry store export FILE, or wherry store import FILE", 2);
    }
    if (file === undefined) throw new CommandError(`name the file: wherry store ${action} FILE`, 2);
    const { program, terminal } = invocation;
    const dataDirectory = dataDirectoryOf(invocation);
    const prefix = (text(invocation, "etcd-prefix") ?? "/registry").replace(/\/$/, "");
    const move = { file: resolve(file), dataDirectory, etcd: etcdOf(invocation), prefix };
    if (action === "export") {
      const { objects, lost } = await keepAlive(program.backups.exportStore(move));
      terminal.print(move.file);
      terminal.say(objects === undefined ? "That is etcd's own snapshot." : `${objects} objects were written.`);
      sayLost(invocation, lost);
      return 0;
    }
    const restored = await keepAlive(
      program.backups.importStore({
        ...move,
        force: invocation.options.force === true,
        skipHashCheck: invocation.options["skip-hash-check"] === true,
      }),
    );
    if (restored.movedTo !== undefined) terminal.say(`What was there before is in ${restored.movedTo} now.`);
    terminal.say(restoredText(restored));
    sayMissing(invocation, restored.missingKeys);
    return 0;
  },
};
