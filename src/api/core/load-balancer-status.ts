import { invalids } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { LoadBalancerIngress } from "../generated/core/v1.ts";
import { ipErrors, ipFamily } from "../ip-address.ts";
import { dnsSubdomainErrors } from "../names.ts";

const MODES = ["Proxy", "VIP"];

/** What is wrong with the entrances of a load balancer. @param old addresses in it may stay as they are */
export function validateLoadBalancerStatus(
  ingress: readonly LoadBalancerIngress[],
  field: string,
  old: readonly LoadBalancerIngress[] | undefined,
): FieldError[] {
  return ingress.flatMap((each, index) => {
    const path = `${field}.ingress[${index}]`;
    return [
      ...validateIngressAddress(each, path, old),
      ...validateMode(each, `${path}.ipMode`),
      ...validateHost(each, path),
    ];
  });
}

/** The address of one entrance alone, as Ingresses have it too. */
export function validateIngressAddress(
  { ip }: { ip?: string },
  field: string,
  old: readonly { ip?: string }[] | undefined,
): FieldError[] {
  const known = (old ?? []).flatMap((each) => each.ip ?? []);
  return ip ? invalids(`${field}.ip`, ip, ipErrors(ip, known)) : [];
}

function validateMode({ ip, ipMode }: LoadBalancerIngress, field: string): FieldError[] {
  if (ipMode === undefined) return ip ? [required(field, "must be specified when `ip` is set")] : [];
  if (!ip) return [forbiddenField(field, "may not be specified when `ip` is not set")];
  return MODES.includes(ipMode) ? [] : [notSupported(field, ipMode, MODES)];
}

/** The host name of one entrance. */
export function validateHost({ hostname }: { hostname?: string }, field: string): FieldError[] {
  if (!hostname) return [];
  const errors = invalids(`${field}.hostname`, hostname, dnsSubdomainErrors(hostname));
  if (ipFamily(hostname) !== 0) {
    errors.push(invalid(`${field}.hostname`, hostname, "must be a DNS name, not an IP address"));
  }
  return errors;
}
