import type { Clock } from "../../base/clock.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { ImpersonationObserver } from "../authn/impersonation.ts";
import { exponentialBuckets } from "./buckets.ts";

const LABELS = ["mode", "decision"];
const PREFIX = "apiserver_impersonation_";

/** Counts who wanted to act as somebody else, and what authorization was asked about it. */
export function impersonationMetrics(metrics: Metrics, clock: Clock): ImpersonationObserver {
  const buckets = exponentialBuckets(0.001, 2, 15);
  const family = (name: string, total: string, seconds: string) => {
    const counted = metrics.counter(`${PREFIX}${name}_total`, `[ALPHA] ${total}`, LABELS);
    const timed = metrics.histogram(`${PREFIX}${name}_duration_seconds`, `[ALPHA] ${seconds}`, {
      labelNames: LABELS,
      buckets,
    });
    return (mode: string, decision: "allowed" | "denied", startMs: number): void => {
      counted.labels(mode, decision).inc();
      timed.labels(mode, decision).observe((clock.monotonic() - startMs) / 1000);
    };
  };
  return {
    now: () => clock.monotonic(),
    attempted: family(
      "attempts",
      "Total number of impersonation attempts split by mode and decision.",
      "Latency of impersonation attempts in seconds split by mode and decision.",
    ),
    authorized: family(
      "authorization_attempts",
      "Total number of authorization checks made by the impersonation handler split by mode and decision.",
      "Latency of authorization checks made by the impersonation handler in seconds split by mode and decision.",
    ),
  };
}
