import { CommandError, type Invocation } from "./command.ts";
import { dataDirectoryOf } from "./defaults.ts";
import { pause } from "./wait.ts";

const POLL_MS = 100;
const DEFAULT_TIMEOUT_MS = 20_000;

/** Waits until a running cluster has done what was written for it. @throws CommandError when it does not */
export async function untilFulfilled(
  { clock, signal, ...invocation }: Invocation,
  isDone: () => Promise<boolean>,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<void> {
  const deadline = clock.monotonic() + timeoutMs;
  while (!(await isDone())) {
    if (signal.aborted) throw new CommandError("interrupted; the cluster goes on with it by itself");
    if (clock.monotonic() > deadline) {
      const log = `${dataDirectoryOf({ clock, signal, ...invocation })}/wherry.log`;
      throw new CommandError(`the cluster has not done it within ${timeoutMs / 1000} s: ${log} says why`);
    }
    await pause(POLL_MS);
  }
}
