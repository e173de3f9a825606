import type { Command, ExitCode, Invocation } from "../command.ts";
import { CommandError } from "../command.ts";
import { dataDirectoryOf, dataDirectoryOption } from "../defaults.ts";
import { processStart, readRunState, writeStopRequest } from "../run-state.ts";
import { pause } from "../wait.ts";

const STOP_MS = 120_000;
const POLL_MS = 50;

export const downCommand: Command = {
  name: "down",
  aliases: ["stop"],
  summary: "stop the cluster or agent, and leave nothing of it running",
  usage: "down [options]",
  options: {
    "data-dir": dataDirectoryOption,
    "keep-pods": { type: "boolean", description: "leave containers running; the next start takes them up again" },
    "delete-data": { type: "boolean", description: "delete the data directory as well: all objects, keys and images" },
  },
  examples: ["wherry down", "wherry down --data-dir ./cluster --delete-data"],
  run: down,
};

async function down(invocation: Invocation): Promise<ExitCode> {
  const { clock, terminal, program, options } = invocation;
  const dataDirectory = dataDirectoryOf(invocation);
  const keepPods = options["keep-pods"] === true;
  const deleteData = options["delete-data"] === true;
  if (keepPods && deleteData) throw new CommandError("--keep-pods and --delete-data contradict each other", 2);
  const state = readRunState(dataDirectory);
  if (state !== undefined) {
    writeStopRequest(dataDirectory, { pid: state.pid, keepPods });
    process.kill(state.pid, "SIGTERM");
    const deadline = clock.monotonic() + STOP_MS;
    while (processStart(state.pid) === state.processStart) {
      if (clock.monotonic() > deadline)
        throw new CommandError(
          `process ${state.pid} did not stop within ${STOP_MS / 1000} s; see its log in ${dataDirectory}`,
        );
      await pause(POLL_MS);
    }
    terminal.say(keepPods ? "Stopped; pods keep running." : "Stopped.");
  }
  if (!keepPods) {
    const { kept } = await program.cleanUp({ dataDirectory, deleteData });
    if (kept.length > 0) terminal.say(`Deleted the cluster's data. Not Wherry's, and kept: ${kept.join(", ")}.`);
    else if (deleteData) terminal.say(`Deleted ${dataDirectory}.`);
  }
  if (state === undefined && !deleteData) terminal.say(`No cluster runs with ${dataDirectory}.`);
  return state === undefined && !deleteData ? 3 : 0;
}
