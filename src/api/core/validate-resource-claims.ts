import { invalids, uniqueness } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type { PodResourceClaim, PodSpec } from "../generated/core/v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";

/** A claim as upstream shows it in a message. */
const shown = (claim: PodResourceClaim): object => ({
  Name: claim.name ?? "",
  ResourceClaimName: claim.resourceClaimName ?? null,
  ResourceClaimTemplateName: claim.resourceClaimTemplateName ?? null,
});

/** What is wrong with the claims of a pod for devices. Pods of a node's own files cannot have any. */
export function validateResourceClaims(
  spec: PodSpec,
  field: string,
  { isStatic }: { isStatic: boolean },
): FieldError[] {
  const claims = spec.resourceClaims ?? [];
  if (isStatic) return claims.map(() => forbiddenField("[]", "static pods do not support resource claims"));
  const unique = uniqueness();
  return claims.flatMap((claim, index) => {
    const path = `${field}[${index}]`;
    const { name, resourceClaimName: own, resourceClaimTemplateName: template } = claim;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(`${path}.name`));
    else {
      const twice = unique(name, `${path}.name`);
      errors.push(...(twice.length > 0 ? twice : invalids(`${path}.name`, name, dnsLabelErrors(name))));
    }
    if (own !== undefined && template !== undefined) {
      const message = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
      errors.push(invalid(path, shown(claim), message));
    }
    if (own === undefined && template === undefined) {
      errors.push(invalid(path, shown(claim), "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"));
    }
    if (own !== undefined) errors.push(...invalids(`${path}.resourceClaimName`, own, dnsSubdomainErrors(own)));
    if (template !== undefined)
      errors.push(...invalids(`${path}.resourceClaimTemplateName`, template, dnsSubdomainErrors(template)));
    return errors;
  });
}
