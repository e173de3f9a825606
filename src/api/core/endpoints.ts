import { isIP } from "node:net";
import { ageColumn, firstThree, nameColumn, textColumn } from "../columns.ts";
import { invalids, named, oneOf, optionalNamed } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { EndpointSubset, Endpoints } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";
import { dnsLabelErrors, dnsSubdomainErrors, portNumberErrors, qualifiedNameErrors } from "../names.ts";
import { specialIpErrors } from "./validate-service.ts";

export const endpointsKind = defineKind<Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  setDefaults({ subsets = [] }) {
    for (const subset of subsets) for (const port of subset.ports ?? []) port.protocol ||= "TCP";
  },
  validate: ({ subsets = [] }) => subsets.flatMap((subset, index) => validateSubset(subset, `subsets[${index}]`)),
  columns: [
    nameColumn,
    textColumn<Endpoints>("Endpoints", "The set of all endpoints is the union of all subsets.", ({ subsets = [] }) =>
      firstThree(subsets.flatMap(addresses), "<none>"),
    ),
    ageColumn,
  ],
});

function addresses(subset: EndpointSubset): string[] {
  const ips = (subset.addresses ?? []).map((address) => address.ip);
  if ((subset.ports ?? []).length === 0) return ips;
  return subset.ports!.flatMap(({ port }) => ips.map((ip) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`)));
}

function validateSubset(subset: EndpointSubset, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if ((subset.addresses ?? []).length === 0 && (subset.notReadyAddresses ?? []).length === 0) {
    errors.push(required(field, "must specify `addresses` or `notReadyAddresses`"));
  }
  for (const list of ["addresses", "notReadyAddresses"] as const) {
    (subset[list] ?? []).forEach((address, index) => {
      const path = `${field}.${list}[${index}]`;
      if (isIP(address.ip ?? "") === 0) {
        errors.push(
          invalid(`${path}.ip`, address.ip ?? "", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
        );
      } else errors.push(...invalids(`${path}.ip`, address.ip, specialIpErrors(address.ip)));
      errors.push(...optionalNamed(address.hostname, dnsLabelErrors, `${path}.hostname`));
      errors.push(...optionalNamed(address.nodeName, dnsSubdomainErrors, `${path}.nodeName`));
    });
  }
  (subset.ports ?? []).forEach((port, index) => {
    const path = `${field}.ports[${index}]`;
    if (subset.ports!.length > 1) errors.push(...named(port.name, dnsLabelErrors, `${path}.name`));
    else errors.push(...optionalNamed(port.name, dnsLabelErrors, `${path}.name`));
    errors.push(...invalids(`${path}.port`, port.port ?? 0, portNumberErrors(port.port)));
    errors.push(...oneOf(port.protocol, ["SCTP", "TCP", "UDP"], `${path}.protocol`));
    errors.push(...optionalNamed(port.appProtocol, qualifiedNameErrors, `${path}.appProtocol`));
  });
  return errors;
}
