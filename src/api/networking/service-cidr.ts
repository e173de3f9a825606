import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { invalids, named, optionalNamed } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { IPAddress, ServiceCIDR } from "../generated/networking.k8s.io/v1.ts";
import { canonicalCidrErrors, parseCidr } from "../ip-address.ts";
import { defineKind, type KindDefinition } from "../kind.ts";
import { dnsSubdomainErrors, pathSegmentErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";

const IMMUTABLE = "field is immutable";

const serviceCidrKind: KindDefinition = defineKind<ServiceCIDR>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  withoutGeneration: true,
  statusKeepsMetadata: true,
  validateCreate: validateRanges,
  validateUpdate: (each, old) => validateRangesUpdate(each, old),
  columns: [
    nameColumn,
    textColumn<ServiceCIDR>("CIDRs", columnTexts["networking.v1.ServiceCIDRSpec.cidrs"], ({ spec }) =>
      (spec?.cidrs ?? []).join(","),
    ),
    ageColumn,
  ],
});

const ipAddressKind: KindDefinition = defineKind<IPAddress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  nameRule: "ipAddress",
  validateCreate({ spec }) {
    const parent = spec?.parentRef;
    if (parent === undefined) return [required("spec.parentRef")];
    return [
      ...optionalNamed(parent.group, dnsSubdomainErrors, "spec.parentRef.group"),
      ...named(parent.resource, pathSegmentErrors, "spec.parentRef.resource"),
      ...named(parent.name, pathSegmentErrors, "spec.parentRef.name"),
      ...optionalNamed(parent.namespace, pathSegmentErrors, "spec.parentRef.namespace"),
    ];
  },
  validateUpdate: (each, old) => immutable(each.spec?.parentRef, old.spec?.parentRef, "spec.parentRef"),
  columns: [
    nameColumn,
    textColumn<IPAddress>("ParentRef", columnTexts["networking.v1.IPAddressSpec.parentRef"], ({ spec }) => {
      if (spec?.parentRef === undefined) return "<none>";
      const { group, resource, namespace, name } = spec.parentRef;
      const kind = `${resource ?? ""}${group ? `.${group}` : ""}`.toLowerCase();
      return `${kind}${namespace ? `/${namespace}` : ""}/${name ?? ""}`;
    }),
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

const DUAL = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";

function validateRanges({ spec }: ServiceCIDR): FieldError[] {
  const ranges = spec?.cidrs ?? [];
  const field = "spec.cidrs";
  // What Go shows of the spec.
  const shown = { CIDRs: ranges };
  if (ranges.length === 0) return [required(field, "at least one CIDR required")];
  if (ranges.length > 2) return [invalid(field, shown, "may only hold up to 2 values")];
  if (ranges.length === 2) {
    const families = new Set(ranges.map((range) => parseCidr(range)?.family));
    if (families.size < 2 || families.has(undefined)) return [invalid(field, shown, DUAL)];
  }
  return ranges.flatMap((range, index) => invalids(`${field}[${index}]`, range, canonicalCidrErrors(range)));
}

/** A second range, of the other family, may come later. */
function validateRangesUpdate(each: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const [now, before] = [each.spec?.cidrs ?? [], old.spec?.cidrs ?? []];
  const grows = before.length === 1 && now.length === 2;
  if (now.length !== before.length && !grows) return [invalid("spec.cidrs", now, IMMUTABLE)];
  const errors = before.flatMap((range, index) =>
    range === now[index] ? [] : [invalid(`spec.cidrs[${index}]`, now[index], IMMUTABLE)],
  );
  return grows ? [...errors, ...validateRanges(each)] : errors;
}
