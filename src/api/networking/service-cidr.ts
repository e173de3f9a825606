import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { isCidr } from "../core/node.ts";
import { type FieldError, invalid, required, tooMany } from "../field-error.ts";
import type { IPAddress, ServiceCIDR } from "../generated/networking.k8s.io/v1.ts";
import { defineKind, type KindDefinition } from "../kind.ts";
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
    return errors;
  },
  validateUpdate: (each, old) => immutable(each.spec?.cidrs, old.spec?.cidrs, "spec.cidrs"),
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
  validate: ({ spec }) => (spec?.parentRef === undefined ? [required("spec.parentRef")] : []),
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
