import type { AdmissionAttributes } from "../admission.ts";

const GROUP = "admissionregistration.k8s.io";
const WEBHOOKS = new Set(["validatingwebhookconfigurations", "mutatingwebhookconfigurations"]);
const POLICIES = new Set([
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
  "mutatingadmissionpolicies",
  "mutatingadmissionpolicybindings",
]);

/** Policies never see these, only webhooks do (upstream: admission/exclusion). */
const REVIEWS = new Set([
  "localsubjectaccessreviews",
  "selfsubjectaccessreviews",
  "selfsubjectreviews",
  "selfsubjectrulesreviews",
  "subjectaccessreviews",
  "tokenreviews",
]);

/** Webhooks never judge what configures them, nor policies: somebody must be able to take a broken one away. */
export function isExemptFromWebhooks({ resource: { group, resource } }: AdmissionAttributes): boolean {
  return group === GROUP && (WEBHOOKS.has(resource) || POLICIES.has(resource));
}

/**
 * Policies never judge what configures policies; what configures webhooks they do. They may ask who somebody is and may do what:
 * asking must not ask them again.
 */
export function isExemptFromPolicies({ resource: { group, resource } }: AdmissionAttributes): boolean {
  const isReview = group === "authorization.k8s.io" || group === "authentication.k8s.io";
  return isReview ? REVIEWS.has(resource) : group === GROUP && POLICIES.has(resource);
}
