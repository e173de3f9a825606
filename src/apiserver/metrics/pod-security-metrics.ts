import type { Metrics } from "../../base/metrics.ts";
import type { AdmissionAttributes } from "../admission/admission.ts";
import type { Mode, Policy } from "../admission/pod-security/policy.ts";

/** What Pod Security tells of its work. */
export interface PodSecurityRecorder {
  evaluated(decision: "allow" | "deny", policy: Policy, of: { mode: Mode; attributes: AdmissionAttributes }): void;
  exempted(attributes: AdmissionAttributes): void;
}

const REQUEST = ["request_operation", "resource", "subresource"];

/** @param newest the newest version of policies that is known, `v1.36`; later ones are one series */
export function podSecurityMetrics(metrics: Metrics, newest: string): PodSecurityRecorder {
  const evaluations = metrics.counter(
    "pod_security_evaluations_total",
    "[ALPHA] Number of policy evaluations that occurred, not counting ignored or exempt requests.",
    ["decision", "policy_level", "policy_version", "mode", ...REQUEST],
  );
  const exemptions = metrics.counter(
    "pod_security_exemptions_total",
    "[ALPHA] Number of exempt requests, not counting ignored or out of scope requests.",
    REQUEST,
  );
  return {
    evaluated(decision, policy, { mode, attributes }) {
      const version = shownVersion(policy, newest);
      evaluations.labels(decision, policy.level, version, mode, ...requestLabels(attributes)).inc();
    },
    exempted: (attributes) => exemptions.labels(...requestLabels(attributes)).inc(),
  };
}

/** Privileged is the same in all versions. */
function shownVersion({ level, version }: Policy, newest: string): string {
  if (version === "latest" || level === "privileged") return "latest";
  return minorOf(version) > minorOf(newest) ? "future" : version;
}

function minorOf(version: string): number {
  return Number(version.split(".")[1] ?? 0);
}

function requestLabels({ operation, resource, subresource }: AdmissionAttributes): [string, string, string] {
  const isCore = resource.group === "";
  const named = isCore && resource.resource === "pods" ? "pod" : "controller";
  const kind = isCore && resource.resource === "namespaces" ? "namespace" : named;
  return [operation.toLowerCase(), kind, subresource ?? ""];
}
