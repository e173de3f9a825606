import { dnsSubdomainErrors, maxLengthMessage } from "../names.ts";

const DRIVER_MAX = 63;
const POOL_MAX = 253;

/** A driver of devices: a DNS subdomain. */
export function driverErrors(name: string): string[] {
  return name.length > DRIVER_MAX ? [maxLengthMessage(DRIVER_MAX)] : dnsSubdomainErrors(name);
}

/** A pool of devices: DNS subdomains with slashes between them. */
export function poolErrors(name: string): string[] {
  if (name.length > POOL_MAX) return [maxLengthMessage(POOL_MAX)];
  return name.split("/").flatMap(dnsSubdomainErrors);
}
