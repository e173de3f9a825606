import { createHash } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { Metrics } from "../../base/metrics.ts";

export type ReloadResult = "success" | "failure";

/** Hears how a configuration file that has changed came into use, or could not. @param text what is in use from now on */
export type ReloadObserver = (result: ReloadResult, text?: string) => void;

const IDENTITY = "apiserver_id_hash";
const hashOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/**
 * Counts how often a file of authentication or authorization was read again, and tells which is in use.
 * @param of.server what tells this server from others; only a hash of it is shown, as upstream does
 */
export function configurationReloads(
  metrics: Metrics,
  of: { readonly what: "authentication" | "authorization"; readonly server: string; readonly clock: Clock },
): ReloadObserver {
  const { what, clock } = of;
  const prefix = `apiserver_${what}_config_controller_`;
  const labels = [IDENTITY, "status"];
  const total = metrics.counter(
    `${prefix}automatic_reloads_total`,
    `[BETA] Total number of automatic reloads of ${what} configuration split by status and apiserver identity.`,
    labels,
  );
  const last = metrics.gauge(
    `${prefix}automatic_reload_last_timestamp_seconds`,
    `[BETA] Timestamp of the last automatic reload of ${what} configuration split by status and apiserver identity.`,
    labels,
  );
  const info = metrics.gauge(
    `${prefix}last_config_info`,
    `[ALPHA] Information about the last applied ${what} configuration with hash as label, split by apiserver identity.`,
    [IDENTITY, "hash"],
  );
  const server = hashOf(of.server);
  return (result, text) => {
    total.labels(server, result).inc();
    last.labels(server, result).set(clock.now() / 1000);
    if (text === undefined) return;
    info.clear();
    info.labels(server, hashOf(text)).set(1);
  };
}
