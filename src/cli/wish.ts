import { CommandError, type Invocation } from "./command.ts";
import { dataDirectoryOf } from "./defaults.ts";
import { pause } from "./wait.ts";

const POLL_MS = 100;
const DEFAULT_TIMEOUT_MS = 20_000;
/** Servers look every two seconds, and an exchange takes several steps. */
const FOLLOW_TIMEOUT_MS = 60_000;

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

/** The same for keys that several servers share: all that run must have them. Says which have not followed. */
export async function untilAllFollow(
  invocation: Invocation,
  isDone: () => Promise<boolean>,
  timeoutMs = FOLLOW_TIMEOUT_MS,
): Promise<void> {
  const { keys } = invocation.program;
  const dataDirectory = dataDirectoryOf(invocation);
  try {
    await untilFulfilled(invocation, async () => (await isDone()) && keys.haveAllFollowed(dataDirectory), timeoutMs);
  } catch (error) {
    const servers = await keys.servers(dataDirectory);
    const late = servers.filter(({ hasCurrentKeys }) => !hasCurrentKeys).map(({ name }) => name);
    if (late.length === 0 || invocation.signal.aborted) throw error;
    throw new CommandError(
      `waiting for ${late.join(", ")}: start them, and the exchange goes on; wherry certs servers shows who has followed, --forget NAME drops one that is gone for good`,
    );
  }
}
