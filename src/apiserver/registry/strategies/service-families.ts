import { isHeadless, validateClusterIps } from "../../../api/core/validate-cluster-ips.ts";
import { type FieldError, invalid, invalidObject } from "../../../api/field-error.ts";
import type { Service, ServiceSpec } from "../../../api/generated/core/v1.ts";
import { ipFamily } from "../../../api/ip-address.ts";

export type IpFamilyName = "IPv4" | "IPv6";

const POLICY = "spec.ipFamilyPolicy";
const same = (one: readonly string[] = [], other: readonly string[] = []): boolean =>
  one.length === other.length && one.every((each, index) => each === other[index]);
const otherThan = (family: string): IpFamilyName => (family === "IPv4" ? "IPv6" : "IPv4");

/** A service that prefers two families is not changed because the cluster has got or lost one. */
export function keepsPreferredFamilies(spec: ServiceSpec, before: ServiceSpec | undefined): boolean {
  return (
    before !== undefined &&
    spec.ipFamilyPolicy === "PreferDualStack" &&
    same(spec.clusterIPs, before.clusterIPs) &&
    same(spec.ipFamilies, before.ipFamilies)
  );
}

/**
 * Says which families of addresses a Service has, where its owner does not, and refuses what the cluster does not have
 * (registry/core/service/storage/alloc.go initIPFamilyFields).
 *
 * @param families of the cluster, the preferred one first
 * @throws StatusError Invalid
 */
export function completeFamilies(service: Service, old: Service | undefined, families: readonly IpFamilyName[]): void {
  const spec = (service.spec ??= {});
  const before = old?.spec;
  if (spec.type === "ExternalName" || keepsPreferredFamilies(spec, before)) return;
  const isOpen = spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= before?.ipFamilyPolicy ?? (isOpen ? "RequireDualStack" : "SingleStack");
  refuse(service, validateClusterIps(service, old));
  refuse(service, [...releaseSecond(spec, before), ...validatePolicy(spec), ...inferFamilies(spec, families)]);
  if (isOpen) {
    // Who has no selector may name endpoints of families that the cluster does not have.
    spec.ipFamilies = (spec.ipFamilies ?? []).length > 0 ? spec.ipFamilies! : [families[0]!];
    if (spec.ipFamilies.length < 2 && spec.ipFamilyPolicy !== "SingleStack") {
      spec.ipFamilies = [...spec.ipFamilies, otherThan(spec.ipFamilies[0]!)];
    }
    return;
  }
  refuse(service, unknownFamilies(spec, families));
  if ((spec.ipFamilies ?? []).length === 0) spec.ipFamilies = [families[0]!];
  if (spec.ipFamilyPolicy !== "SingleStack" && spec.ipFamilies!.length === 1 && families.length === 2) {
    spec.ipFamilies = [...spec.ipFamilies!, otherThan(spec.ipFamilies![0]!)];
  }
}

function refuse(service: Service, errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  throw invalidObject({ group: "", kind: "Service" }, service.metadata?.name ?? "", errors);
}

/** Who asks for one family gives the second up; who does not ask must not lose it. */
function releaseSecond(spec: ServiceSpec, before: ServiceSpec | undefined): FieldError[] {
  if (before === undefined) return [];
  const { clusterIPs = [], ipFamilies = [] } = spec;
  if (spec.ipFamilyPolicy === "SingleStack") {
    if (same(clusterIPs, before.clusterIPs) && clusterIPs.length > 1) spec.clusterIPs = clusterIPs.slice(0, 1);
    if (same(ipFamilies, before.ipFamilies) && ipFamilies.length > 1) spec.ipFamilies = ipFamilies.slice(0, 1);
    return [];
  }
  const isLess = (now: readonly string[], known: readonly string[] = []): boolean =>
    now.length > 0 && now.length < known.length && now[0] === known[0];
  const tell = (what: string): FieldError =>
    invalid(POLICY, spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`);
  return [
    ...(isLess(clusterIPs, before.clusterIPs) ? [tell("cluster IP")] : []),
    ...(isLess(ipFamilies, before.ipFamilies) ? [tell("IP family")] : []),
  ];
}

function validatePolicy({ ipFamilyPolicy, clusterIPs = [], ipFamilies = [] }: ServiceSpec): FieldError[] {
  if (ipFamilyPolicy !== "SingleStack") return [];
  const tell = (what: string): FieldError =>
    invalid(
      POLICY,
      ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...(clusterIPs.length === 2 ? [tell("cluster IPs")] : []),
    ...(ipFamilies.length === 2 ? [tell("IP families")] : []),
  ];
}

/** Addresses that are named say their families. */
function inferFamilies(spec: ServiceSpec, families: readonly IpFamilyName[]): FieldError[] {
  if (isHeadless(spec)) return [];
  const errors: FieldError[] = [];
  (spec.clusterIPs ?? []).forEach((address, index) => {
    const known = spec.ipFamilies ?? [];
    if (index < known.length) return;
    const family: IpFamilyName = ipFamily(address) === 6 ? "IPv6" : "IPv4";
    if (families.includes(family)) spec.ipFamilies = [...known, family];
    else {
      const message = `${family} is not configured on this cluster`;
      errors.push(invalid(`spec.clusterIPs[${index}]`, spec.clusterIPs, message));
    }
  });
  return errors;
}

function unknownFamilies({ ipFamilyPolicy, ipFamilies = [] }: ServiceSpec, families: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  if (ipFamilyPolicy === "RequireDualStack" && families.length < 2) {
    errors.push(invalid(POLICY, ipFamilyPolicy, "this cluster is not configured for dual-stack services"));
  }
  ipFamilies.forEach((family, index) => {
    if (families.includes(family)) return;
    errors.push(invalid(`spec.ipFamilies[${index}]`, family, "not configured on this cluster"));
  });
  return errors;
}
