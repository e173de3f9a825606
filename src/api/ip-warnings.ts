import { parseCidr, parseIp } from "./ip-address.ts";

/** For `Warning` headers: addresses that are valid and not written as they should be (GetWarningsForIP). */
export function ipWarnings(field: string, text: string): string[] {
  const address = parseIp(text);
  if (address === undefined) return [];
  const { canonical } = address;
  if (address.hasLeadingZeros || address.isMapped) {
    return [
      `${field}: non-standard IP address ${JSON.stringify(text)} will be considered invalid in a future Kubernetes release: use ${JSON.stringify(canonical)}`,
    ];
  }
  return canonical === text
    ? []
    : [
        `${field}: IPv6 address ${JSON.stringify(text)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`,
      ];
}

/** The same for ranges (GetWarningsForCIDR). */
export function cidrWarnings(field: string, text: string): string[] {
  const range = parseCidr(text);
  if (range === undefined) return [];
  const [shown, canonical] = [JSON.stringify(text), JSON.stringify(range.canonical)];
  const warnings: string[] = [];
  if (range.hasHostBits) {
    const single = `${parseIp(text.slice(0, text.lastIndexOf("/")))?.canonical}/${range.family === 4 ? 32 : 128}`;
    warnings.push(
      `${field}: CIDR value ${shown} is ambiguous in this context (should be ${canonical} or ${JSON.stringify(single)}?)`,
    );
  }
  if (range.hasLeadingZeros || range.isMapped) {
    warnings.push(
      `${field}: non-standard CIDR value ${shown} will be considered invalid in a future Kubernetes release: use ${canonical}`,
    );
  }
  if (warnings.length === 0 && range.canonical !== text) {
    warnings.push(`${field}: IPv6 CIDR value ${shown} should be in RFC 5952 canonical format (${canonical})`);
  }
  return warnings;
}

/** What stands in the status of what load balancers lead to. */
interface Balanced {
  status?: { loadBalancer?: { ingress?: readonly { ip?: string }[] } };
}

/** Of the addresses that a load balancer has been given. */
export function balancerWarnings({ status }: Balanced): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip = "" }, index) =>
    ip === "" ? [] : ipWarnings(`status.loadBalancer.ingress[${index}]`, ip),
  );
}
