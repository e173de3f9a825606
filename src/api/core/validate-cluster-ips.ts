import { duplicate, type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { Service, ServiceSpec } from "../generated/core/v1.ts";
import { ipErrors, ipFamily } from "../ip-address.ts";

const FAMILIES = ["IPv4", "IPv6"];
const POLICIES = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const FIELD = "spec.clusterIPs";

/** The one address is none. */
export const isHeadless = (spec: ServiceSpec | undefined): boolean =>
  spec?.clusterIPs?.length === 1 && spec.clusterIPs[0] === "None";

/**
 * What is wrong with a service's addresses, families and the policy for them (ValidateServiceClusterIPsRelatedFields): said
 * when they are allocated, and again when all is validated.
 */
export function validateClusterIps({ spec = {} }: Service, old?: Service): FieldError[] {
  // All must be absent, which is told elsewhere.
  if (spec.type === "ExternalName") return [];
  const errors = [...validatePair(spec), ...validateFamilies(spec)];
  const addresses = spec.clusterIPs ?? [];
  const wrong: FieldError[] = [];
  addresses.forEach((address, index) => {
    if (address === "None" && index === 0) {
      if (addresses.length > 1) wrong.push(invalid(FIELD, addresses, "'None' must be the first and only value"));
      return;
    }
    for (const message of ipErrors(address, old?.spec?.clusterIPs)) {
      wrong.push(invalid(`${FIELD}[${index}]`, address, message));
    }
  });
  errors.push(...wrong);
  if (addresses.length > 2) errors.push(invalid(FIELD, addresses, "may only hold up to 2 values"));
  return wrong.length > 0 ? errors : [...errors, ...validateStacks(spec)];
}

/** clusterIP is the first of clusterIPs. */
function validatePair({ clusterIP, clusterIPs = [] }: ServiceSpec): FieldError[] {
  if (clusterIP) {
    if (clusterIPs.length === 0) return [required(FIELD)];
    return clusterIPs[0] === clusterIP ? [] : [invalid(FIELD, clusterIPs, "first value must match `clusterIP`")];
  }
  return clusterIPs.length === 0 ? [] : [invalid(FIELD, clusterIPs, "must be empty when `clusterIP` is not specified")];
}

function validateFamilies({ ipFamilies = [], ipFamilyPolicy }: ServiceSpec): FieldError[] {
  const errors = ipFamilies.flatMap((family, index) => {
    const field = `spec.ipFamilies[${index}]`;
    const unknown = FAMILIES.includes(family) ? [] : [notSupported(field, family, FAMILIES)];
    return ipFamilies.indexOf(family) < index ? [...unknown, duplicate(field, family)] : unknown;
  });
  if (ipFamilyPolicy !== undefined && !POLICIES.includes(ipFamilyPolicy)) {
    errors.push(notSupported("spec.ipFamilyPolicy", ipFamilyPolicy, POLICIES));
  }
  return errors;
}

/** Valid addresses are of one family each, of those that are named. */
function validateStacks(spec: ServiceSpec): FieldError[] {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const errors: FieldError[] = [];
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(ipFamily)).size < 2) {
    errors.push(invalid(FIELD, clusterIPs, "may specify no more than one IP for each IP family"));
  }
  if (isHeadless(spec)) return errors;
  clusterIPs.slice(0, ipFamilies.length).forEach((address, index) => {
    const is6 = ipFamily(address) === 6;
    const wanted = ipFamilies[index] === "IPv4" && is6 ? "IPv4" : ipFamilies[index] === "IPv6" && !is6 ? "IPv6" : "";
    if (wanted === "") return;
    const message = `expected an ${wanted} value as indicated by \`ipFamilies[${index}]\``;
    errors.push(invalid(`${FIELD}[${index}]`, address, message));
  });
  return errors;
}

/** What is wrong with a change of addresses and families: the first stays, the second comes and goes with the policy. */
export function validateClusterIpsUpdate({ spec = {} }: Service, { spec: before = {} }: Service): FieldError[] {
  if (spec.type === "ExternalName" || before.type === "ExternalName") return [];
  return [...addressChange(spec, before), ...familyChange(spec, before)];
}

function addressChange(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (isHeadless(spec) && isHeadless(before)) return [];
  const [now, old] = [spec.clusterIPs ?? [], before.clusterIPs ?? []];
  const changed = (index: number): FieldError => invalid(`${FIELD}[${index}]`, now, "may not change once set");
  if (old.length === now.length) {
    return old.flatMap((address, index) => (address === now[index] ? [] : [changed(index)]));
  }
  const errors: FieldError[] = [];
  if (old.length > now.length && now.length === 0) {
    errors.push(invalid(`${FIELD}[0]`, now, "primary clusterIP can not be unset"));
  }
  if (old.length > 0 && now.length > 0 && old[0] !== now[0]) errors.push(changed(0));
  if (old.length > now.length && now.length === 1) errors.push(...released(spec, "clusterIP"));
  return errors;
}

function familyChange(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (isHeadless(spec) || isHeadless(before)) return [];
  const [now, old] = [spec.ipFamilies ?? [], before.ipFamilies ?? []];
  const field = "spec.ipFamilies[0]";
  if (old.length === now.length) {
    return old.flatMap((family, at) => (family === now[at] ? [] : [invalid(field, now, "may not change once set")]));
  }
  const errors: FieldError[] = [];
  if (old.length > now.length && (spec.clusterIPs ?? []).length === 0) {
    errors.push(invalid(field, now, "primary ipFamily can not be unset"));
  }
  if (old.length > 0 && now.length > 0 && old[0] !== now[0]) {
    errors.push(invalid(field, spec.clusterIPs ?? null, "may not change once set"));
  }
  if (old.length > now.length && now.length === 1) errors.push(...released(spec, "ipFamily"));
  return errors;
}

function released({ ipFamilyPolicy }: ServiceSpec, what: string): FieldError[] {
  return ipFamilyPolicy === "SingleStack"
    ? []
    : [
        invalid(
          "spec.ipFamilyPolicy",
          ipFamilyPolicy,
          `must be set to 'SingleStack' when releasing the secondary ${what}`,
        ),
      ];
}
