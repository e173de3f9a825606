import type { AdmissionAttributes } from "../admission.ts";

const EXEMPT = new Set([
  "validatingwebhookconfigurations",
  "mutatingwebhookconfigurations",
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

/** Webhooks and policies never judge what configures them: somebody must be able to take a broken one away. */
export function isExempt({ resource }: AdmissionAttributes): boolean {
  return resource.group === "admissionregistration.k8s.io" && EXEMPT.has(resource.resource);
}

/** Policies may ask who somebody is and may do what: asking must not ask them again. */
export function isExemptFromPolicies(attributes: AdmissionAttributes): boolean {
  const { group, resource } = attributes.resource;
  const isReview = group === "authorization.k8s.io" || group === "authentication.k8s.io";
  return (isReview && REVIEWS.has(resource)) || isExempt(attributes);
}
