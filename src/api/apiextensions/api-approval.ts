import { type FieldError, invalid, required } from "../field-error.ts";
import type { CustomResourceDefinition } from "../generated/apiextensions.k8s.io/v1.ts";
import { isRequestUri } from "../structural/uri-format.ts";

const ANNOTATION = "api-approved.kubernetes.io";
const FIELD = `metadata.annotations[${ANNOTATION}]`;
const MISSING = `protected groups must have approval annotation "${ANNOTATION}"`;
const POLICY = "see https://github.com/kubernetes/enhancements/pull/1111";

type Approval = "missing" | "bypassed" | "approved" | "invalid";

/** Groups of the Kubernetes community are for APIs that it has approved. What was so before stays. */
export function validateApiApproval(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): FieldError[] {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(definition.spec?.group ?? "")) return [];
  const annotation = annotationOf(definition);
  const approval = approvalOf(annotation);
  if (old !== undefined && approvalOf(annotationOf(old)) === approval) return [];
  if (approval === "missing") return [required(FIELD, `${MISSING}, ${POLICY}`)];
  if (approval !== "invalid") return [];
  const detail = `${MISSING} with either a URL or a reason starting with "unapproved", ${POLICY}`;
  return [invalid(FIELD, annotation, detail)];
}

const annotationOf = ({ metadata }: CustomResourceDefinition): string => metadata?.annotations?.[ANNOTATION] ?? "";

function approvalOf(annotation: string): Approval {
  if (annotation === "") return "missing";
  if (annotation.startsWith("unapproved")) return "bypassed";
  return isRequestUri(annotation) && /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?]/.test(annotation) ? "approved" : "invalid";
}
