import { isIP } from "node:net";
import { ageColumn, firstThree, nameColumn, textColumn } from "../columns.ts";
import { invalids, oneOf, optionalNamed, uniqueness } from "../field-checks.ts";
import { duplicate, type FieldError, invalid, required, tooMany } from "../field-error.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../generated/discovery.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { defineKind } from "../kind.ts";
import {
  dnsLabelErrors,
  dnsSubdomainErrors,
  labelValueErrors,
  portNumberErrors,
  qualifiedNameErrors,
} from "../names.ts";
import { immutable } from "../object-meta.ts";
import { specialAddressErrors } from "../special-address.ts";

const ENDPOINTS_MAX = 1000;
const ADDRESSES_MAX = 100;
const PORTS_MAX = 20_000;
const ZONES_MAX = 8;
const TOPOLOGY_MAX = 16;

export const endpointSliceKind = defineKind<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  setDefaults({ ports = [] }) {
    for (const port of ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  prepareForCreate: startGeneration,
  prepareForUpdate: countGeneration,
  validate: (slice) => [
    ...oneOf(slice.addressType, ["FQDN", "IPv4", "IPv6"], "addressType"),
    ...validatePorts(slice.ports ?? []),
    ...validateEndpoints(slice),
  ],
  validateUpdate: (slice, old) => immutable(slice.addressType, old.addressType, "addressType"),
  columns: [
    nameColumn,
    textColumn<EndpointSlice>(
      "AddressType",
      "The type of address carried by this EndpointSlice.",
      ({ addressType }) => addressType ?? "",
    ),
    textColumn<EndpointSlice>(
      "Ports",
      "The list of network ports exposed by each endpoint in this slice.",
      ({ ports }) =>
        firstThree(
          (ports ?? []).map(({ port, name }) => (port === undefined ? (name ?? "*") : String(port))),
          "<unset>",
        ),
    ),
    textColumn<EndpointSlice>("Endpoints", "A list of unique endpoints in this slice.", ({ endpoints }) =>
      firstThree(
        (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
        "<unset>",
      ),
    ),
    ageColumn,
  ],
});

function validatePorts(ports: readonly EndpointPort[]): FieldError[] {
  if (ports.length > PORTS_MAX) return [tooMany("ports", ports.length, PORTS_MAX)];
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const path = `ports[${index}]`;
    const errors = [
      ...optionalNamed(port.name, dnsLabelErrors, `${path}.name`),
      ...oneOf(port.protocol, ["SCTP", "TCP", "UDP"], `${path}.protocol`),
      ...optionalNamed(port.appProtocol, qualifiedNameErrors, `${path}.appProtocol`),
    ];
    if (port.port !== undefined) errors.push(...invalids(`${path}.port`, port.port, portNumberErrors(port.port)));
    if (names.has(port.name ?? "")) errors.push(duplicate(`${path}.name`, port.name ?? ""));
    names.add(port.name ?? "");
    return errors;
  });
}

function validateEndpoints({ endpoints, addressType }: EndpointSlice): FieldError[] {
  const list = endpoints ?? [];
  if (list.length > ENDPOINTS_MAX) return [tooMany("endpoints", list.length, ENDPOINTS_MAX)];
  return list.flatMap((endpoint, index) => validateEndpoint(endpoint, `endpoints[${index}]`, addressType));
}

function validateEndpoint(endpoint: Endpoint, field: string, type: string): FieldError[] {
  const addresses = endpoint.addresses ?? [];
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(`${field}.addresses`, "must contain at least 1 address"));
  if (addresses.length > ADDRESSES_MAX) errors.push(tooMany(`${field}.addresses`, addresses.length, ADDRESSES_MAX));
  addresses.forEach((address, index) => {
    const path = `${field}.addresses[${index}]`;
    const family = isIP(address);
    if (type === "IPv4" && family !== 4) errors.push(invalid(path, address, "must be a valid IPv4 address"));
    if (type === "IPv6" && family !== 6) errors.push(invalid(path, address, "must be a valid IPv6 address"));
    if (type !== "FQDN" && family !== 0)
      errors.push(...specialAddressErrors(address).map((why) => invalid(path, address, why)));
    if (type === "FQDN") errors.push(...invalids(path, address, dnsSubdomainErrors(address)));
  });
  const zones = endpoint.hints?.forZones ?? [];
  if (zones.length > ZONES_MAX) errors.push(tooMany(`${field}.hints.forZones`, zones.length, ZONES_MAX));
  const unique = uniqueness();
  zones.forEach(({ name }, index) => {
    const path = `${field}.hints.forZones[${index}].name`;
    errors.push(...(name ? unique(name, path) : [required(path)]));
    if (name) errors.push(...invalids(path, name, labelValueErrors(name)));
  });
  const topology = Object.keys(endpoint.deprecatedTopology ?? {}).length;
  if (topology > TOPOLOGY_MAX) errors.push(tooMany(`${field}.deprecatedTopology`, topology, TOPOLOGY_MAX));
  return [
    ...errors,
    ...optionalNamed(endpoint.nodeName, dnsSubdomainErrors, `${field}.nodeName`),
    ...optionalNamed(endpoint.hostname, dnsLabelErrors, `${field}.hostname`),
  ];
}
