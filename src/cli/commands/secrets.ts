import type { Command, ExitCode, Invocation } from "../command.ts";
import { dataDirectoryOf, dataDirectoryOption } from "../defaults.ts";
import { readRunState } from "../run-state.ts";
import { untilAllFollow } from "../wish.ts";

/** All Secrets of a large cluster are written anew meanwhile. */
const TIMEOUT_MS = 10 * 60_000;

export const secretsCommand: Command = {
  name: "secrets",
  summary: "exchange the key that encrypts Secrets on disk",
  usage: "secrets rotate-key [options]",
  actions: { "rotate-key": "encrypt all Secrets anew under a new key, and forget the old one" },
  options: { "data-dir": dataDirectoryOption },
  examples: ["wherry secrets rotate-key"],
  async run(invocation: Invocation): Promise<ExitCode> {
    const { program, terminal } = invocation;
    const dataDirectory = dataDirectoryOf(invocation);
    const added = await program.keys.rotateEncryptionKey(dataDirectory);
    if (added === "under way") terminal.say("An earlier exchange is not done: it goes on.");
    if (readRunState(dataDirectory) === undefined) {
      terminal.say("No cluster runs here: its Secrets are encrypted anew when it next starts.");
      return 0;
    }
    const isDone = async (): Promise<boolean> => !(await program.keys.isEncryptionRotating(dataDirectory));
    await untilAllFollow(invocation, isDone, TIMEOUT_MS);
    terminal.say("All Secrets are encrypted under the new key; the old one is forgotten.");
    return 0;
  },
};
