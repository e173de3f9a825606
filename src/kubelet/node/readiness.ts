import { errorMessage } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import { formatDuration } from "../backoff.ts";
import type { RuntimeService } from "../cri/runtime.ts";
import type { RuntimeStatus } from "../cri/state.ts";
import type { PodLifecycle } from "../pods/pleg.ts";

const LIST_THRESHOLD_MS = 180_000;

/** What a look at the node says. */
export interface Readiness {
  /** Why the node cannot take pods now, in upstream's words; empty when it can. */
  readonly problems: string[];
  /** As the runtime tells it; absent when it does not answer. */
  readonly runtime: RuntimeStatus | undefined;
}

/** Looks whether the node can take pods now. */
export async function lookAtReadiness(
  runtime: RuntimeService,
  { clock, lifecycle }: { clock: Clock; lifecycle: Pick<PodLifecycle, "lastListMs"> },
): Promise<Readiness> {
  const problems: string[] = [];
  let status: RuntimeStatus | undefined;
  try {
    status = await runtime.status();
    const { conditions } = status;
    const find = (type: string) => conditions.find((condition) => condition.type === type);
    const ready = find("RuntimeReady");
    const network = find("NetworkReady");
    const tell = (name: string, { reason, message }: { reason: string; message: string }) =>
      `${name}=false reason:${reason} message:${message}`;
    if (ready !== undefined && !ready.status)
      problems.push(`container runtime not ready: ${tell("RuntimeReady", ready)}`);
    if (network !== undefined && !network.status) {
      problems.push(`container runtime network not ready: ${tell("NetworkReady", network)}`);
    }
  } catch (error) {
    problems.push(`container runtime is down: ${errorMessage(error)}`);
  }
  const last = lifecycle.lastListMs();
  const age = last === undefined ? undefined : clock.monotonic() - last;
  if (age === undefined) problems.push("PLEG is not healthy: pleg has yet to be successful");
  else if (age > LIST_THRESHOLD_MS) {
    const seen = formatDuration(age);
    problems.push(
      `PLEG is not healthy: pleg was last seen active ${seen} ago; threshold is ${formatDuration(LIST_THRESHOLD_MS)}`,
    );
  }
  return { problems, runtime: status };
}
