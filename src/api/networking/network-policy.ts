import { BlockList, isIP } from "node:net";
import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { isCidr } from "../core/node.ts";
import { validatePort } from "../core/validate-probe.ts";
import { optionalOneOf } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "../generated/networking.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { defineKind } from "../kind.ts";
import { formatLabelSelector, validateLabelSelector } from "../selectors.ts";

export const networkPolicyKind = defineKind<NetworkPolicy>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  setDefaults({ spec }) {
    if (spec === undefined) return;
    if ((spec.policyTypes ?? []).length === 0) {
      spec.policyTypes = (spec.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
    }
    const ports = [...(spec.ingress ?? []), ...(spec.egress ?? [])].flatMap((rule) => rule.ports ?? []);
    for (const port of ports) port.protocol ??= "TCP";
  },
  prepareForCreate: startGeneration,
  prepareForUpdate: countGeneration,
  validate: validatePolicy,
  columns: [
    nameColumn,
    textColumn<NetworkPolicy>(
      "Pod-Selector",
      "Selects the pods to which this NetworkPolicy object applies.",
      ({ spec }) => formatLabelSelector(spec?.podSelector ?? {}),
    ),
    ageColumn,
  ],
});

function validatePolicy({ spec }: NetworkPolicy): FieldError[] {
  const errors = validateLabelSelector(spec?.podSelector, "spec.podSelector");
  (spec?.ingress ?? []).forEach((rule, index) => {
    const path = `spec.ingress[${index}]`;
    errors.push(...(rule.ports ?? []).flatMap((port, at) => validatePolicyPort(port, `${path}.ports[${at}]`)));
    errors.push(...(rule.from ?? []).flatMap((peer, at) => validatePeer(peer, `${path}.from[${at}]`)));
  });
  (spec?.egress ?? []).forEach((rule, index) => {
    const path = `spec.egress[${index}]`;
    errors.push(...(rule.ports ?? []).flatMap((port, at) => validatePolicyPort(port, `${path}.ports[${at}]`)));
    errors.push(...(rule.to ?? []).flatMap((peer, at) => validatePeer(peer, `${path}.to[${at}]`)));
  });
  const types = spec?.policyTypes ?? [];
  if (types.length > 2) errors.push(invalid("spec.policyTypes", types, "may not specify more than two policyTypes"));
  types.forEach((type, index) => {
    if (type !== "Ingress" && type !== "Egress") {
      errors.push(notSupported(`spec.policyTypes[${index}]`, type, ["Egress", "Ingress"]));
    }
  });
  return errors;
}

function validatePolicyPort(port: NetworkPolicyPort, field: string): FieldError[] {
  const errors = optionalOneOf(port.protocol, ["SCTP", "TCP", "UDP"], `${field}.protocol`);
  if (port.port !== undefined) errors.push(...validatePort(port.port, `${field}.port`));
  if (port.endPort !== undefined) {
    if (port.port === undefined) errors.push(required(`${field}.endPort`, "must be specified when `endPort` is set"));
    else if (typeof port.port === "string") {
      errors.push(forbiddenField(`${field}.endPort`, "may not be specified when `port` is non-numeric"));
    } else if (port.endPort < port.port) {
      errors.push(invalid(`${field}.endPort`, port.port, "must be greater than or equal to `port`"));
    }
  }
  return errors;
}

function validatePeer(peer: NetworkPolicyPeer, field: string): FieldError[] {
  const errors = [
    ...validateLabelSelector(peer.podSelector, `${field}.podSelector`),
    ...validateLabelSelector(peer.namespaceSelector, `${field}.namespaceSelector`),
  ];
  const { ipBlock } = peer;
  if (ipBlock === undefined) {
    if (peer.podSelector === undefined && peer.namespaceSelector === undefined) {
      errors.push(required(field, "must specify a peer"));
    }
    return errors;
  }
  if (peer.podSelector !== undefined || peer.namespaceSelector !== undefined) {
    errors.push(forbiddenField(field, "may not specify both ipBlock and another peer"));
  }
  const message = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
  if (!isCidr(ipBlock.cidr ?? "")) errors.push(invalid(`${field}.ipBlock.cidr`, ipBlock.cidr, message));
  (ipBlock.except ?? []).forEach((range, index) => {
    const path = `${field}.ipBlock.except[${index}]`;
    if (!isCidr(range)) errors.push(invalid(path, range, message));
    else if (isCidr(ipBlock.cidr) && !isStrictSubset(range, ipBlock.cidr)) {
      errors.push(invalid(path, range, "must be a strict subset of `cidr`"));
    }
  });
  return errors;
}

function isStrictSubset(inner: string, outer: string): boolean {
  const [[address, bits], [network, prefix]] = [inner.split("/"), outer.split("/")];
  const family = isIP(network!) === 4 ? "ipv4" : "ipv6";
  if (isIP(address!) !== isIP(network!) || Number(bits) <= Number(prefix)) return false;
  const block = new BlockList();
  block.addSubnet(network!, Number(prefix), family);
  return block.check(address!, family);
}
