import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";

const ANNOTATION = "api-approved.kubernetes.io";
const POLICY = "see https://github.com/kubernetes/enhancements/pull/1111";
const TYPE = "KubernetesAPIApprovalPolicyConformant";

/** The condition that groups of the Kubernetes community have; undefined for all others. */
export function approvalCondition({ metadata, spec }: CustomResourceDefinition) {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec.group)) return undefined;
  const annotation = metadata?.annotations?.[ANNOTATION] ?? "";
  const missing = `protected groups must have approval annotation "${ANNOTATION}"`;
  if (annotation === "") {
    return { type: TYPE, status: "False", reason: "MissingAnnotation", message: `${missing}, ${POLICY}` };
  }
  if (annotation.startsWith("unapproved")) {
    const message = `not approved: ${JSON.stringify(annotation)}`;
    return { type: TYPE, status: "False", reason: "UnapprovedAnnotation", message };
  }
  if (isUrl(annotation)) {
    return { type: TYPE, status: "True", reason: "ApprovedAnnotation", message: `approved in ${annotation}` };
  }
  const message = `${missing} with either a URL or a reason starting with "unapproved", ${POLICY}`;
  return { type: TYPE, status: "False", reason: "InvalidAnnotation", message };
}

function isUrl(text: string): boolean {
  try {
    return new URL(text).host !== "";
  } catch {
    return false;
  }
}
