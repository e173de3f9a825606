import type { AdmissionAttributes } from "../admission.ts";

const EXEMPT = new Set([
  "validatingwebhookconfigurations",
  "mutatingwebhookconfigurations",
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
  "mutatingadmissionpolicies",
  "mutatingadmissionpolicybindings",
]);

/** Webhooks and policies never judge what configures them: somebody must be able to take a broken one away. */
export function isExempt({ resource }: AdmissionAttributes): boolean {
  return resource.group === "admissionregistration.k8s.io" && EXEMPT.has(resource.resource);
}
