import type { Logger } from "../base/log.ts";

/** Does the work; a failure is logged and told no further, so that what comes after it still happens. */
export async function isolateFailures(log: Logger, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error("stopping a part failed", { error });
  }
}
