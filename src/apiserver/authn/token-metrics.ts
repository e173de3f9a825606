import type { Counter, Metrics } from "../../base/metrics.ts";

/** What was used of tokens that are not as they should be; upstream's names (all of them ALPHA). */
export interface TokenMetrics {
  /** Tokens of Secrets, whichever. */
  readonly legacy: Counter;
  readonly legacyManual: Counter;
  readonly legacyAuto: Counter;
  /** Marked as invalid, and therefore refused. */
  readonly legacyInvalid: Counter;
  /** Of an extended life: used when it should have been exchanged already, or in time. */
  readonly stale: Counter;
  readonly valid: Counter;
}

/** Counters of service accounts' tokens. */
export function tokenMetrics(metrics: Metrics): TokenMetrics {
  const counter = (name: string, help: string): Counter => metrics.counter(`serviceaccount_${name}`, help).labels();
  return {
    legacy: counter("legacy_tokens_total", "Cumulative legacy service account tokens used"),
    legacyManual: counter("legacy_manual_token_uses_total", "Cumulative manually created legacy tokens used"),
    legacyAuto: counter("legacy_auto_token_uses_total", "Cumulative auto-generated legacy tokens used"),
    legacyInvalid: counter(
      "invalid_legacy_auto_token_uses_total",
      "Cumulative invalid auto-generated legacy tokens used",
    ),
    stale: counter("stale_tokens_total", "Cumulative stale projected service account tokens used"),
    valid: counter("valid_tokens_total", "Cumulative valid projected service account tokens used"),
  };
}
