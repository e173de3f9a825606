import { ageColumn, firstThree, nameColumn, textColumn } from "../columns.ts";
import { invalids, oneOf, optionalNamed } from "../field-checks.ts";
import { duplicate, type FieldError, notSupported, required, tooMany } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../generated/discovery.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { ipErrors, ipFamily } from "../ip-address.ts";
import { ipWarnings } from "../ip-warnings.ts";
import { defineKind } from "../kind.ts";
import {
  dnsLabelErrors,
  dnsSubdomainErrors,
  labelValueErrors,
  portNumberErrors,
  qualifiedNameErrors,
} from "../names.ts";
import { immutable } from "../object-meta.ts";
import { equalJson } from "../patch/json-value.ts";
import { validateLabels } from "../selectors.ts";
import { endpointIpErrors } from "../special-address.ts";
import { validateDomainAddress } from "./domain-address.ts";

const ENDPOINTS_MAX = 1000;
const ADDRESSES_MAX = 100;
const PORTS_MAX = 20_000;
const HINTS_MAX = 8;
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const OWN_CONTROLLERS = ["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"];
const TOPOLOGY_MAX = 16;

export const endpointSliceKind = defineKind<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  setDefaults({ ports }) {
    for (const port of ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  prepareForCreate(slice) {
    startGeneration(slice);
    dropTopology(slice);
  },
  prepareForUpdate(slice, old) {
    if (!equalJson(slice.endpoints ?? [], old.endpoints ?? [])) dropTopology(slice);
    countGeneration(slice, old);
    // Whose slice it is counts as well.
    if (equalJson(slice.metadata?.labels ?? {}, old.metadata?.labels ?? {})) return;
    slice.metadata = { ...slice.metadata, generation: (old.metadata?.generation ?? 0) + 1 };
  },
  validate: (slice, old) => [
    ...oneOf(slice.addressType, ["FQDN", "IPv4", "IPv6"], "addressType"),
    ...validatePorts(slice.ports ?? []),
    // Older servers took what this one refuses: it stays as long as nobody changes it.
    ...(old !== undefined && equalJson(slice.endpoints ?? [], old.endpoints ?? []) ? [] : validateEndpoints(slice)),
  ],
  warnings: sliceWarnings,
  validateUpdate: (slice, old) => immutable(slice.addressType, old.addressType, "addressType"),
  columns: [
    nameColumn,
    textColumn<EndpointSlice>(
      "AddressType",
      columnTexts["discovery.v1.EndpointSlice.addressType"],
      ({ addressType }) => addressType ?? "",
    ),
    textColumn<EndpointSlice>("Ports", columnTexts["discovery.v1.EndpointSlice.ports"], ({ ports }) =>
      firstThree(
        (ports ?? []).map(({ port, name }) => (port === undefined ? (name ?? "*") : String(port))),
        "<unset>",
      ),
    ),
    textColumn<EndpointSlice>("Endpoints", columnTexts["discovery.v1.EndpointSlice.endpoints"], ({ endpoints }) =>
      firstThree(
        (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
        "<unset>",
      ),
    ),
    ageColumn,
  ],
});

/** What only the beta version had: nodes and zones have fields of their own. */
function dropTopology(slice: EndpointSlice): void {
  for (const endpoint of slice.endpoints ?? []) delete endpoint.deprecatedTopology;
}

/** What could be said better; our own controllers do. */
function sliceWarnings({ metadata, addressType, endpoints }: EndpointSlice, old?: EndpointSlice): string[] {
  const isNewKind = addressType === "FQDN" && old === undefined;
  const warnings = isNewKind ? ["spec.addressType: FQDN endpoints are deprecated"] : [];
  if (OWN_CONTROLLERS.includes(metadata?.labels?.["endpointslice.kubernetes.io/managed-by"] ?? "")) return warnings;
  const addresses = (endpoints ?? []).flatMap((endpoint, index) =>
    (endpoint.addresses ?? []).flatMap((address, at) => ipWarnings(`endpoints[${index}].addresses[${at}]`, address)),
  );
  return addressType === "FQDN" ? warnings : [...warnings, ...addresses];
}

function validatePorts(ports: readonly EndpointPort[]): FieldError[] {
  if (ports.length > PORTS_MAX) return [tooMany("ports", ports.length, PORTS_MAX)];
  const names = new Set<string>();
  return ports.flatMap(({ name = "", port, protocol, appProtocol }, index) => {
    const path = `ports[${index}]`;
    const errors = optionalNamed(name, dnsLabelErrors, `${path}.name`);
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    if (port !== undefined) errors.push(...invalids(`${path}.port`, port, portNumberErrors(port)));
    if (protocol === undefined) errors.push(required(`${path}.protocol`));
    else if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
    if (appProtocol !== undefined) {
      errors.push(...invalids(`${path}.appProtocol`, appProtocol, qualifiedNameErrors(appProtocol)));
    }
    return errors;
  });
}

function validateEndpoints({ endpoints, addressType }: EndpointSlice): FieldError[] {
  const list = endpoints ?? [];
  if (list.length > ENDPOINTS_MAX) return [tooMany("endpoints", list.length, ENDPOINTS_MAX)];
  return list.flatMap((endpoint, index) => validateEndpoint(endpoint, `endpoints[${index}]`, addressType));
}

function validateEndpoint(endpoint: Endpoint, field: string, type: string): FieldError[] {
  const { addresses = [], nodeName, hostname, deprecatedTopology = {}, hints } = endpoint;
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(`${field}.addresses`, "must contain at least 1 address"));
  if (addresses.length > ADDRESSES_MAX) errors.push(tooMany(`${field}.addresses`, addresses.length, ADDRESSES_MAX));
  addresses.forEach((address, index) => {
    errors.push(...validateAddress(address, `${field}.addresses[${index}]`, type));
  });
  if (nodeName !== undefined) errors.push(...invalids(`${field}.nodeName`, nodeName, dnsSubdomainErrors(nodeName)));
  const topology = Object.keys(deprecatedTopology).length;
  if (topology > TOPOLOGY_MAX) errors.push(tooMany(`${field}.deprecatedTopology`, topology, TOPOLOGY_MAX));
  errors.push(...validateLabels(deprecatedTopology, `${field}.deprecatedTopology`));
  if (hostname !== undefined) errors.push(...invalids(`${field}.hostname`, hostname, dnsLabelErrors(hostname)));
  return [
    ...errors,
    ...validateHints(hints?.forZones ?? [], `${field}.hints.forZones`, labelValueErrors),
    ...validateHints(hints?.forNodes ?? [], `${field}.hints.forNodes`, dnsSubdomainErrors),
  ];
}

function validateAddress(address: string, field: string, type: string): FieldError[] {
  return type === "FQDN"
    ? validateDomainAddress(address, field)
    : invalids(field, address, addressErrors(address, type));
}

function addressErrors(address: string, type: string): string[] {
  const family = type === "IPv4" ? 4 : type === "IPv6" ? 6 : undefined;
  if (family === undefined) return [];
  const errors = ipErrors(address);
  if (errors.length > 0) return errors;
  const wrong = ipFamily(address) === family ? [] : [`must be an ${type} address`];
  return [...wrong, ...endpointIpErrors(address, { allowsLoopback: true })];
}

function validateHints(
  hints: readonly { name?: string }[],
  field: string,
  rule: (name: string) => string[],
): FieldError[] {
  if (hints.length > HINTS_MAX) return [tooMany(field, hints.length, HINTS_MAX)];
  return hints.flatMap(({ name = "" }, index) => {
    const path = `${field}[${index}].name`;
    const isSecond = hints.findIndex((each) => (each.name ?? "") === name) < index;
    return [...(isSecond ? [duplicate(path, name)] : []), ...invalids(path, name, rule(name))];
  });
}
