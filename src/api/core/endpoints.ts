import { ageColumn, firstThree, nameColumn, textColumn } from "../columns.ts";
import { invalids, named, oneOf, optionalNamed } from "../field-checks.ts";
import { type FieldError, required } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from "../generated/core/v1.ts";
import { ipErrors } from "../ip-address.ts";
import { ipWarnings } from "../ip-warnings.ts";
import { defineKind } from "../kind.ts";
import { dnsLabelErrors, dnsSubdomainErrors, portNumberErrors, qualifiedNameErrors } from "../names.ts";
import { equalJson } from "../patch/json-value.ts";
import { endpointIpErrors } from "../special-address.ts";

export const endpointsKind = defineKind<Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  setDefaults({ subsets = [] }) {
    for (const subset of subsets) for (const port of subset.ports ?? []) port.protocol ||= "TCP";
  },
  // Older servers took what this one refuses: it stays as long as nobody changes it.
  validate: ({ subsets = [] }, old) =>
    old !== undefined && equalJson(subsets, old.subsets ?? [])
      ? []
      : subsets.flatMap((subset, index) => validateSubset(subset, `subsets[${index}]`)),
  warnings: endpointsWarnings,
  columns: [
    nameColumn,
    textColumn<Endpoints>("Endpoints", columnTexts["core.v1.Endpoints.subsets"], ({ subsets = [] }) =>
      firstThree(subsets.flatMap(addresses), subsets.length === 0 ? "<none>" : ""),
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
      errors.push(...validateAddress(address, `${field}.${list}[${index}]`));
    });
  }
  (subset.ports ?? []).forEach((port, index) => {
    errors.push(...validateEndpointPort(port, `${field}.ports[${index}]`, subset.ports!.length > 1));
  });
  return errors;
}

function validateAddress({ ip = "", hostname, nodeName }: EndpointAddress, field: string): FieldError[] {
  const errors = invalids(`${field}.ip`, ip, ipErrors(ip));
  errors.push(...optionalNamed(hostname, dnsLabelErrors, `${field}.hostname`));
  if (nodeName !== undefined) errors.push(...invalids(`${field}.nodeName`, nodeName, dnsSubdomainErrors(nodeName)));
  return [...errors, ...invalids(`${field}.ip`, ip, endpointIpErrors(ip))];
}

function validateEndpointPort(port: EndpointPort, field: string, needsName: boolean): FieldError[] {
  const errors = needsName
    ? named(port.name, dnsLabelErrors, `${field}.name`)
    : optionalNamed(port.name, dnsLabelErrors, `${field}.name`);
  errors.push(
    ...invalids(`${field}.port`, port.port ?? 0, portNumberErrors(port.port)),
    ...oneOf(port.protocol, ["SCTP", "TCP", "UDP"], `${field}.protocol`),
  );
  if (port.appProtocol === undefined) return errors;
  return [...errors, ...invalids(`${field}.appProtocol`, port.appProtocol, qualifiedNameErrors(port.appProtocol))];
}

/** Addresses that could be written better; the endpoints controller's are. */
function endpointsWarnings({ metadata, subsets = [] }: Endpoints): string[] {
  if (metadata?.labels?.["endpoints.kubernetes.io/managed-by"] === "endpoint-controller") return [];
  return subsets.flatMap((subset, index) =>
    (["addresses", "notReadyAddresses"] as const).flatMap((list) =>
      (subset[list] ?? []).flatMap(({ ip }, at) => ipWarnings(`subsets[${index}].${list}[${at}].ip`, ip)),
    ),
  );
}
