import type { Node } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Informer } from "../../client/informer.ts";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/**
 * Tells which addresses the API gave this node's pods, each time that they change, until the signal aborts. Who is told must
 * have taken them before it hears of others; what fails is told again.
 */
export function followPodCidrs(
  node: Informer<Node>,
  options: {
    readonly clock: Clock;
    readonly log: Logger;
    onPodCidrs?(podCidrs: readonly string[]): Promise<void>;
  },
  signal: AbortSignal,
): void {
  const { clock, log, onPodCidrs } = options;
  if (onPodCidrs === undefined) return;
  let wanted = "";
  let telling = Promise.resolve();

  async function tell(podCidrs: readonly string[]): Promise<void> {
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2)) {
      if (signal.aborted || wanted !== podCidrs.join()) return;
      try {
        await onPodCidrs!(podCidrs);
        return;
      } catch (error) {
        log.error("cannot set the pods' addresses", { error: errorMessage(error), retryMs });
      }
      await sleep(clock, retryMs, signal);
    }
  }

  const unsubscribe = node.subscribe(({ after }) => {
    const podCidrs = after?.spec?.podCIDRs ?? [];
    if (podCidrs.length === 0 || podCidrs.join() === wanted) return;
    wanted = podCidrs.join();
    telling = telling.then(() => tell(podCidrs));
  });
  signal.addEventListener("abort", unsubscribe, { once: true });
}
