import { createHash } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { Metrics } from "../../base/metrics.ts";

export type ReloadResult = "success" | "failure";

const PREFIX = "apiserver_encryption_config_controller_automatic_reload";

/**
 * Counts how often a changed encryption configuration came into use, or could not: who rotates keys waits for it.
 *
 * @param of.server what tells this server from others; only a hash of it is shown, as upstream does
 */
export function countedReloads(
  metrics: Metrics,
  { server, clock }: { readonly server: string; readonly clock: Clock },
): (result: ReloadResult) => void {
  const labels = ["apiserver_id_hash", "status"];
  const total = metrics.counter(
    `${PREFIX}s_total`,
    "Total number of reload successes and failures of encryption configuration split by apiserver identity.",
    labels,
  );
  const last = metrics.gauge(
    `${PREFIX}_last_timestamp_seconds`,
    "Timestamp of the last successful or failed automatic reload of encryption configuration split by apiserver identity.",
    labels,
  );
  const hash = `sha256:${createHash("sha256").update(server).digest("hex")}`;
  return (result) => {
    total.labels(hash, result).inc();
    last.labels(hash, result).set(clock.now() / 1000);
  };
}
