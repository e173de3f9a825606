import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from "../generated/networking.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { cidrErrors, parseCidr } from "../ip-address.ts";
import { cidrWarnings } from "../ip-warnings.ts";
import { defineKind } from "../kind.ts";
import { portNameErrors, portNumberErrors } from "../names.ts";
import { formatLabelSelector, validateLabelSelector } from "../selectors.ts";

const PROTOCOLS = ["TCP", "UDP", "SCTP"];
const TYPES = ["Ingress", "Egress"];

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
  warnings: policyWarnings,
  columns: [
    nameColumn,
    textColumn<NetworkPolicy>("Pod-Selector", columnTexts["networking.v1.NetworkPolicySpec.podSelector"], ({ spec }) =>
      formatLabelSelector(spec?.podSelector ?? {}),
    ),
    ageColumn,
  ],
});

/** @param old what it was before: what older servers took may stay */
function validatePolicy({ spec }: NetworkPolicy, old?: NetworkPolicy): FieldError[] {
  const hadWrongLabels = validateLabelSelector(old?.spec?.podSelector, "").length > 0;
  const rules: Rules = { allowInvalidLabelValue: hadWrongLabels, ranges: old === undefined ? [] : rangesOf(old) };
  const errors = validateLabelSelector(spec?.podSelector, "spec.podSelector", rules);
  (spec?.ingress ?? []).forEach((rule, index) => {
    const path = `spec.ingress[${index}]`;
    errors.push(...(rule.ports ?? []).flatMap((port, at) => validatePolicyPort(port, `${path}.ports[${at}]`)));
    errors.push(...(rule.from ?? []).flatMap((peer, at) => validatePeer(peer, `${path}.from[${at}]`, rules)));
  });
  (spec?.egress ?? []).forEach((rule, index) => {
    const path = `spec.egress[${index}]`;
    errors.push(...(rule.ports ?? []).flatMap((port, at) => validatePolicyPort(port, `${path}.ports[${at}]`)));
    errors.push(...(rule.to ?? []).flatMap((peer, at) => validatePeer(peer, `${path}.to[${at}]`, rules)));
  });
  const types = spec?.policyTypes ?? [];
  if (types.length > TYPES.length) {
    return [...errors, invalid("spec.policyTypes", types, "may not specify more than two policyTypes")];
  }
  types.forEach((type, index) => {
    if (!TYPES.includes(type)) errors.push(notSupported(`spec.policyTypes[${index}]`, type, TYPES));
  });
  return errors;
}

/** What an older object lets pass. */
interface Rules {
  readonly allowInvalidLabelValue: boolean;
  readonly ranges: readonly string[];
}

const peersOf = ({ spec }: NetworkPolicy): NetworkPolicyPeer[] => [
  ...(spec?.ingress ?? []).flatMap(({ from }) => from ?? []),
  ...(spec?.egress ?? []).flatMap(({ to }) => to ?? []),
];

const rangesOf = (policy: NetworkPolicy): string[] =>
  peersOf(policy).flatMap(({ ipBlock }) => (ipBlock === undefined ? [] : [ipBlock.cidr, ...(ipBlock.except ?? [])]));

function validatePolicyPort({ protocol, port, endPort }: NetworkPolicyPort, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    errors.push(notSupported(`${field}.protocol`, protocol, PROTOCOLS));
  }
  const tell = (value: number, message: string): void => void errors.push(invalid(`${field}.endPort`, value, message));
  if (port === undefined) {
    if (endPort !== undefined) tell(endPort, "may not be specified when `port` is not specified");
  } else if (typeof port === "string") {
    if (endPort !== undefined) tell(endPort, "may not be specified when `port` is non-numeric");
    errors.push(...invalids(`${field}.port`, port, portNameErrors(port)));
  } else {
    errors.push(...invalids(`${field}.port`, port, portNumberErrors(port)));
    if (endPort === undefined) return errors;
    if (endPort < port) tell(port, "must be greater than or equal to `port`");
    for (const message of portNumberErrors(endPort)) tell(endPort, message);
  }
  return errors;
}

function validatePeer(peer: NetworkPolicyPeer, field: string, rules: Rules): FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const errors = [
    ...validateLabelSelector(podSelector, `${field}.podSelector`, rules),
    ...validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`, rules),
  ];
  if (ipBlock !== undefined) errors.push(...validateBlock(ipBlock, `${field}.ipBlock`, rules.ranges));
  const isSelected = podSelector !== undefined || namespaceSelector !== undefined;
  if (!isSelected && ipBlock === undefined) errors.push(required(field, "must specify a peer"));
  if (isSelected && ipBlock !== undefined) {
    errors.push(forbiddenField(field, "may not specify both ipBlock and another peer"));
  }
  return errors;
}

function validateBlock({ cidr, except = [] }: IPBlock, field: string, known: readonly string[]): FieldError[] {
  if (!cidr) return [required(`${field}.cidr`)];
  const errors = invalids(`${field}.cidr`, cidr, cidrErrors(cidr, known));
  const outer = parseCidr(cidr);
  if (outer === undefined) return errors;
  except.forEach((text, index) => {
    const path = `${field}.except[${index}]`;
    errors.push(...invalids(path, text, cidrErrors(text, known)));
    const inner = parseCidr(text);
    if (inner === undefined) return;
    const isInside =
      inner.family === outer.family && inner.first >= outer.first && inner.first < outer.first + outer.size;
    if (!isInside || outer.prefix >= inner.prefix) {
      errors.push(invalid(path, text, "must be a strict subset of `cidr`"));
    }
  });
  return errors;
}

/** Ranges that are not written as they should be. */
function policyWarnings({ spec }: NetworkPolicy): string[] {
  const ofPeers = (peers: readonly NetworkPolicyPeer[] | undefined, at: string): string[] =>
    (peers ?? []).flatMap(({ ipBlock }, index) => (ipBlock === undefined ? [] : ofBlock(ipBlock, `${at}[${index}]`)));
  const ofBlock = ({ cidr, except = [] }: IPBlock, at: string): string[] => [
    ...cidrWarnings(`${at}.ipBlock.cidr`, cidr),
    ...except.flatMap((range, index) => cidrWarnings(`${at}.ipBlock.except[${index}]`, range)),
  ];
  return [
    ...(spec?.ingress ?? []).flatMap(({ from }, index) => ofPeers(from, `spec.ingress[${index}].from`)),
    ...(spec?.egress ?? []).flatMap(({ to }, index) => ofPeers(to, `spec.egress[${index}].to`)),
  ];
}
