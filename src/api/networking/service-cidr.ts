import { isIP } from "node:net";
import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { isCidr } from "../core/node.ts";
import { named, optionalNamed } from "../field-checks.ts";
import { type FieldError, invalid, required, tooMany } from "../field-error.ts";
import type { IPAddress, ServiceCIDR } from "../generated/networking.k8s.io/v1.ts";
import { defineKind, type KindDefinition } from "../kind.ts";
import { dnsSubdomainErrors, pathSegmentErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";

const serviceCidrKind: KindDefinition = defineKind<ServiceCIDR>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  withoutGeneration: true,
  validate({ spec }) {
    const ranges = spec?.cidrs ?? [];
    const errors: FieldError[] = ranges.length === 0 ? [required("spec.cidrs", "at least one CIDR required")] : [];
    if (ranges.length > 2) errors.push(tooMany("spec.cidrs", ranges.length, 2));
    ranges.forEach((range, index) => {
      if (!isCidr(range)) {
        const message = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
        errors.push(invalid(`spec.cidrs[${index}]`, range, message));
      }
    });
    const families = new Set(ranges.map((range) => isIP(range.split("/")[0]!)));
    if (errors.length === 0 && families.size < ranges.length) {
      const message = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
      errors.push(invalid("spec.cidrs", ranges, message));
    }
    return errors;
  },
  // A second range, of the other family, may come later.
  validateUpdate: (each, old) => {
    const [now, before] = [each.spec?.cidrs ?? [], old.spec?.cidrs ?? []];
    const kept = before.length === 1 && now.length === 2 ? now.slice(0, 1) : now;
    return immutable(kept, before, "spec.cidrs");
  },
  columns: [
    nameColumn,
    textColumn<ServiceCIDR>("CIDRs", "The IP blocks from which to assign service cluster IPs.", ({ spec }) =>
      (spec?.cidrs ?? []).join(","),
    ),
    ageColumn,
  ],
});

const ipAddressKind: KindDefinition = defineKind<IPAddress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  nameRule: "pathSegment",
  validate({ metadata, spec }) {
    const errors = validateAddress(metadata?.name ?? "", "metadata.name");
    const parent = spec?.parentRef;
    if (parent === undefined) return [...errors, required("spec.parentRef")];
    return [
      ...errors,
      ...optionalNamed(parent.group, dnsSubdomainErrors, "spec.parentRef.group"),
      ...named(parent.resource, pathSegmentErrors, "spec.parentRef.resource"),
      ...named(parent.name, pathSegmentErrors, "spec.parentRef.name"),
      ...optionalNamed(parent.namespace, pathSegmentErrors, "spec.parentRef.namespace"),
    ];
  },
  validateUpdate: (each, old) => immutable(each.spec?.parentRef, old.spec?.parentRef, "spec.parentRef"),
  columns: [
    nameColumn,
    textColumn<IPAddress>("ParentRef", "The resource that this IP address is attached to.", ({ spec }) => {
      if (spec?.parentRef === undefined) return "<none>";
      const { group, resource, namespace, name } = spec.parentRef;
      const kind = `${resource ?? ""}${group ? `.${group}` : ""}`.toLowerCase();
      return `${kind}${namespace ? `/${namespace}` : ""}/${name ?? ""}`;
    }),
    ageColumn,
  ],
  selectableFields: {
    "spec.parentRef.group": ({ spec }) => spec?.parentRef?.group ?? "",
    "spec.parentRef.resource": ({ spec }) => spec?.parentRef?.resource ?? "",
    "spec.parentRef.namespace": ({ spec }) => spec?.parentRef?.namespace ?? "",
    "spec.parentRef.name": ({ spec }) => spec?.parentRef?.name ?? "",
  },
});

/** Both kinds in the two versions that serve them, which differ in name only. */
export const serviceAddressKinds: readonly KindDefinition[] = ["v1", "v1beta1"].flatMap((version) => [
  { ...serviceCidrKind, version },
  { ...ipAddressKind, version },
]);

/** Addresses are named as they are written in one way only. */
function validateAddress(name: string, field: string): FieldError[] {
  const family = isIP(name);
  if (family === 0) return [invalid(field, name, `ParseAddr(${JSON.stringify(name)}): unable to parse IP`)];
  const isCanonical = family === 4 || new URL(`http://[${name}]`).hostname === `[${name}]`;
  return isCanonical ? [] : [invalid(field, name, "must be a canonical form IP address")];
}
