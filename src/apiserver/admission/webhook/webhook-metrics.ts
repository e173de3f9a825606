import type { Metrics } from "../../../base/metrics.ts";
import type { WebhookObservation } from "../admission.ts";

const SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25];

/** Counts calls of admission webhooks under upstream's names. */
export function webhookMetrics(metrics: Metrics): (call: WebhookObservation) => void {
  const durations = metrics.histogram(
    "apiserver_admission_webhook_admission_duration_seconds",
    "Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).",
    { labelNames: ["name", "type", "operation", "rejected"], buckets: SECONDS },
  );
  const requests = metrics.counter(
    "apiserver_admission_webhook_request_total",
    "Admission webhook request total, identified by name and broken out for each admission type (validating or mutating) and operation. Additional labels specify whether the request was rejected or not and an HTTP status code. Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.",
    ["name", "type", "operation", "code", "rejected"],
  );
  const rejections = metrics.counter(
    "apiserver_admission_webhook_rejection_count",
    "Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify an error type (calling_webhook_error or apiserver_internal_error if an error occurred; no_error otherwise) and optionally a non-zero rejection code if the webhook rejects the request with an HTTP status code (honored by the apiserver when the code is greater or equal to 400). Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.",
    ["name", "type", "operation", "error_type", "rejection_code"],
  );
  const failOpen = metrics.counter(
    "apiserver_admission_webhook_fail_open_count",
    "Admission webhook fail open count, identified by name and broken out for each admission type (validating or admit).",
    ["name", "type"],
  );
  return ({ name, type, operation, seconds, code, rejection, isFailOpen }) => {
    const isRejected = rejection !== undefined && !isFailOpen;
    const shownCode = String(Math.min(code, 600));
    durations.labels(name, type, operation, String(isRejected)).observe(seconds);
    requests.labels(name, type, operation, shownCode, String(isRejected)).inc();
    if (isFailOpen) failOpen.labels(name, type).inc();
    else if (rejection === "calling") rejections.labels(name, type, operation, "calling_webhook_error", "0").inc();
    else if (rejection === "webhook") rejections.labels(name, type, operation, "no_error", shownCode).inc();
  };
}
