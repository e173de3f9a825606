import { CommandError, type Invocation } from "./command.ts";
import { type RunState, readRunState } from "./run-state.ts";
import { pause } from "./wait.ts";

const WAIT_MS = 60_000;
const POLL_MS = 50;

/**
 * What runs with this data directory. One that is stopping is waited for: it has the store, the port and the pods' addresses until
 * it has ended.
 * @throws CommandError (5) when it does not end in time
 */
export async function runningOnceStopped(
  { terminal, clock, signal }: Pick<Invocation, "terminal" | "clock" | "signal">,
  dataDirectory: string,
): Promise<RunState | undefined> {
  let state = readRunState(dataDirectory);
  if (state?.stopping !== true) return state;
  terminal.say(`Process ${state.pid} is stopping with ${dataDirectory}; waiting until it has ended …`);
  const deadline = clock.monotonic() + WAIT_MS;
  while (state?.stopping === true) {
    if (signal.aborted) throw new CommandError("interrupted");
    if (clock.monotonic() > deadline) {
      throw new CommandError(
        `process ${state.pid} has not stopped within ${WAIT_MS / 1000} s; see its log in ${dataDirectory}`,
        5,
      );
    }
    await pause(POLL_MS);
    state = readRunState(dataDirectory);
  }
  return state;
}
