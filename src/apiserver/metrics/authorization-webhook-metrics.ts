import type { Metrics } from "../../base/metrics.ts";
import type { AuthorizationWebhookObserver } from "../authz/webhook.ts";
import { DEFAULT_BUCKETS } from "./buckets.ts";

const LABELS = ["name", "result"];
const PREFIX = "apiserver_authorization_webhook_";

/** Counts what was asked of authorization webhooks. */
export function authorizationWebhookMetrics(metrics: Metrics): AuthorizationWebhookObserver {
  const total = metrics.counter(`${PREFIX}evaluations_total`, "[ALPHA] Round-trips to authorization webhooks.", LABELS);
  const open = metrics.counter(
    `${PREFIX}evaluations_fail_open_total`,
    "[ALPHA] NoOpinion results due to webhook timeout or error.",
    LABELS,
  );
  const duration = metrics.histogram(`${PREFIX}duration_seconds`, "[ALPHA] Request latency in seconds.", {
    labelNames: LABELS,
    buckets: DEFAULT_BUCKETS,
  });
  return ({ name, result, seconds, isFailOpen }) => {
    total.labels(name, result).inc();
    duration.labels(name, result).observe(seconds);
    if (isFailOpen) open.labels(name, result).inc();
  };
}
