import { invalids, oneOf } from "../field-checks.ts";
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type { Service, ServicePort, ServiceSpec } from "../generated/core/v1.ts";
import { cidrErrors, ipErrors } from "../ip-address.ts";
import { dnsLabelErrors, dnsSubdomainErrors, portNumberErrors, qualifiedNameErrors } from "../names.ts";
import { validateLabels } from "../selectors.ts";
import { endpointIpErrors } from "../special-address.ts";
import { validateLoadBalancerStatus } from "./load-balancer-status.ts";
import { isHeadless, validateClusterIps, validateClusterIpsUpdate } from "./validate-cluster-ips.ts";
import { validatePort } from "./validate-probe.ts";

const LOAD_BALANCER_ONLY = "may only be used when `type` is 'LoadBalancer'";
const SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";
const TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints";
const TOPOLOGY_MODE = "service.kubernetes.io/topology-mode";
const AFFINITY_SECONDS_MAX = 86_400;
const DISTRIBUTIONS = ["PreferClose", "PreferSameNode", "PreferSameZone"];

/** Whether somebody outside reaches the service: then the policy for that traffic counts. */
export const isExternallyAccessible = (spec: ServiceSpec): boolean =>
  spec.type === "LoadBalancer" ||
  spec.type === "NodePort" ||
  (spec.type === "ClusterIP" && (spec.externalIPs ?? []).length > 0);

/** Whether the load balancer asks a port of its own which nodes have endpoints. */
export const needsHealthCheck = (spec: ServiceSpec): boolean =>
  spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";

/** What is wrong with a service. @param old what it was before: addresses and ranges in it may stay as they are */
export function validateService(service: Service, old?: Service): FieldError[] {
  const { spec = {} } = service;
  return [
    ...validateTopologyAnnotations(service),
    ...validateByType(spec),
    ...(spec.ports ?? []).flatMap((port, index, all) => validateServicePort(port, index, all)),
    ...validateLabels(spec.selector, "spec.selector"),
    ...validateAffinity(spec),
    ...validateClusterIps(service, old),
    ...validateExternalIps(spec.externalIPs ?? [], old),
    ...oneOf(spec.type, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], "spec.type"),
    ...validatePortNumbers(spec),
    ...validateSourceRanges(service, old),
    ...validateLoadBalancer(spec),
    ...validateTrafficPolicies(spec),
  ];
}

function validateTopologyAnnotations({ metadata }: Service): FieldError[] {
  const { [TOPOLOGY_HINTS]: hints, [TOPOLOGY_MODE]: mode } = metadata?.annotations ?? {};
  if (hints === undefined || mode === undefined || hints === mode) return [];
  const message = `must match annotations[${TOPOLOGY_HINTS}] when both are specified`;
  return [invalid(`metadata.annotations[${TOPOLOGY_MODE}]`, mode, message)];
}

function validateByType(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec.ports ?? []).length === 0 && !isHeadless(spec) && spec.type !== "ExternalName") {
    errors.push(required("spec.ports"));
  }
  if ((spec.type === "LoadBalancer" || spec.type === "NodePort") && isHeadless(spec)) {
    errors.push(invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${spec.type} services`));
  }
  if (spec.type !== "ExternalName") return errors;
  for (const key of ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] as const) {
    if (spec[key] !== undefined && spec[key].length > 0) {
      errors.push(forbiddenField(`spec.${key}`, "may not be set for ExternalName services"));
    }
  }
  const name = (spec.externalName ?? "").replace(/\.$/, "");
  if (name === "") return [...errors, required("spec.externalName")];
  return [...errors, ...invalids("spec.externalName", name, dnsSubdomainErrors(name))];
}

function validateServicePort(port: ServicePort, index: number, all: readonly ServicePort[]): FieldError[] {
  const field = `spec.ports[${index}]`;
  const errors: FieldError[] = [];
  if (!port.name) {
    if (all.length > 1) errors.push(required(`${field}.name`));
  } else {
    errors.push(...invalids(`${field}.name`, port.name, dnsLabelErrors(port.name)));
    if (all.findIndex(({ name }) => name === port.name) < index) errors.push(duplicate(`${field}.name`, port.name));
  }
  errors.push(
    ...invalids(`${field}.port`, port.port ?? 0, portNumberErrors(port.port)),
    ...oneOf(port.protocol, ["SCTP", "TCP", "UDP"], `${field}.protocol`),
    ...validatePort(port.targetPort, `${field}.targetPort`),
  );
  if (port.appProtocol === undefined) return errors;
  return [...errors, ...invalids(`${field}.appProtocol`, port.appProtocol, qualifiedNameErrors(port.appProtocol))];
}

/** Ports of the service and of nodes, each once a protocol. */
function validatePortNumbers({ type, ports = [] }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  ports.forEach(({ nodePort }, index) => {
    if (type !== "ClusterIP" || !nodePort) return;
    errors.push(forbiddenField(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
  });
  const seen = new Set<string>();
  const isSecond = (key: string): boolean => seen.size === seen.add(key).size;
  ports.forEach(({ protocol, nodePort }, index) => {
    if (nodePort && isSecond(`node ${protocol} ${nodePort}`)) {
      errors.push(duplicate(`spec.ports[${index}].nodePort`, nodePort));
    }
  });
  ports.forEach(({ protocol, port }, index) => {
    if (!isSecond(`${protocol} ${port}`)) return;
    // What Go shows of the key that it compares.
    const key = { Name: "", Protocol: protocol ?? "", AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
    errors.push(duplicate(`spec.ports[${index}]`, key));
  });
  return errors;
}

function validateAffinity(spec: ServiceSpec): FieldError[] {
  const errors = oneOf(spec.sessionAffinity, ["ClientIP", "None"], "spec.sessionAffinity");
  const field = "spec.sessionAffinityConfig";
  if (spec.sessionAffinity === "None" && spec.sessionAffinityConfig !== undefined) {
    errors.push(forbiddenField(field, "must not be set when session affinity is None"));
  }
  if (spec.sessionAffinity !== "ClientIP") return errors;
  if (spec.sessionAffinityConfig === undefined) {
    return [...errors, required(field, "when session affinity type is ClientIP")];
  }
  const { clientIP } = spec.sessionAffinityConfig;
  if (clientIP === undefined) {
    return [...errors, required(`${field}.clientIP`, "when session affinity type is ClientIP")];
  }
  const seconds = clientIP.timeoutSeconds;
  if (seconds === undefined) {
    return [...errors, required(`${field}.clientIP.timeoutSeconds`, "when session affinity type is ClientIP")];
  }
  if (seconds > 0 && seconds <= AFFINITY_SECONDS_MAX) return errors;
  const message = `must be greater than 0 and less than ${AFFINITY_SECONDS_MAX}`;
  return [...errors, invalid(`${field}.clientIP.timeoutSeconds`, seconds, message)];
}

function validateExternalIps(addresses: readonly string[], old: Service | undefined): FieldError[] {
  return addresses.flatMap((address, index) => {
    const messages = ipErrors(address, old?.spec?.externalIPs);
    return invalids(`spec.externalIPs[${index}]`, address, messages.length > 0 ? messages : endpointIpErrors(address));
  });
}

/** Ranges may have spaces around them; where there are none, an annotation may say them. */
function validateSourceRanges({ metadata, spec = {} }: Service, old: Service | undefined): FieldError[] {
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const annotation = metadata?.annotations?.[SOURCE_RANGES];
  if (ranges.length === 0 && annotation === undefined) return [];
  const field = ranges.length > 0 ? "spec.LoadBalancerSourceRanges" : `metadata.annotations[${SOURCE_RANGES}]`;
  const errors = spec.type === "LoadBalancer" ? [] : [forbiddenField(field, LOAD_BALANCER_ONLY)];
  const split = (text = "") => (text.trim() === "" ? [] : text.split(","));
  const known = [
    ...(old?.spec?.loadBalancerSourceRanges ?? []),
    ...split(old?.metadata?.annotations?.[SOURCE_RANGES]),
  ].map((each) => each.trim());
  const given = ranges.length > 0 ? ranges : split(annotation);
  given.forEach((range, index) => {
    const path = ranges.length > 0 ? `${field}[${index}]` : field;
    errors.push(...invalids(path, range.trim(), cidrErrors(range.trim(), known)));
  });
  return errors;
}

function validateLoadBalancer(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const isBalancer = spec.type === "LoadBalancer";
  if (isBalancer && spec.allocateLoadBalancerNodePorts === undefined) {
    errors.push(required("allocateLoadBalancerNodePorts"));
  }
  if (!isBalancer && spec.allocateLoadBalancerNodePorts !== undefined) {
    errors.push(forbiddenField("spec.allocateLoadBalancerNodePorts", LOAD_BALANCER_ONLY));
  }
  const name = spec.loadBalancerClass;
  if (name === undefined) return errors;
  if (!isBalancer) return [...errors, forbiddenField("spec.loadBalancerClass", LOAD_BALANCER_ONLY)];
  return [...errors, ...invalids("spec.loadBalancerClass", name, qualifiedNameErrors(name))];
}

function validateTrafficPolicies(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const { type, externalTrafficPolicy, internalTrafficPolicy, trafficDistribution, healthCheckNodePort = 0 } = spec;
  if (isExternallyAccessible(spec)) {
    errors.push(...oneOf(externalTrafficPolicy, ["Cluster", "Local"], "spec.externalTrafficPolicy"));
  } else if (externalTrafficPolicy) {
    const message = "may only be set for externally-accessible services";
    errors.push(invalid("spec.externalTrafficPolicy", externalTrafficPolicy, message));
  }
  const field = "spec.healthCheckNodePort";
  if (!needsHealthCheck(spec)) {
    if (healthCheckNodePort !== 0) {
      const message = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
      errors.push(invalid(field, healthCheckNodePort, message));
    }
  } else if (healthCheckNodePort === 0) errors.push(required(field));
  else errors.push(...invalids(field, healthCheckNodePort, portNumberErrors(healthCheckNodePort)));
  if (internalTrafficPolicy !== undefined) {
    const supported = ["Cluster", "Local"];
    if (!supported.includes(internalTrafficPolicy))
      errors.push(notSupported("spec.internalTrafficPolicy", internalTrafficPolicy, supported));
  } else if (type === "NodePort" || type === "LoadBalancer" || type === "ClusterIP") {
    errors.push(required("spec.internalTrafficPolicy"));
  }
  if (trafficDistribution !== undefined && !DISTRIBUTIONS.includes(trafficDistribution)) {
    errors.push(notSupported("spec.trafficDistribution", trafficDistribution, DISTRIBUTIONS));
  }
  return errors;
}

/** What is wrong with a change of a service. */
export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const { spec = {} } = service;
  const { spec: before = {} } = old;
  const errors = validateClusterIpsUpdate(service, old);
  if (spec.type === "LoadBalancer" && before.type === "LoadBalancer") {
    if (before.loadBalancerClass !== spec.loadBalancerClass) {
      errors.push(invalid("spec.loadBalancerClass", spec.loadBalancerClass, "may not change once set"));
    }
  }
  if (needsHealthCheck(spec) && needsHealthCheck(before) && spec.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(forbiddenField("spec.healthCheckNodePort", "field is immutable"));
  }
  return errors;
}

/** What is wrong with where the load balancer says that it stands. */
export function validateServiceStatus({ spec, status }: Service, old: Service): FieldError[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  const field = "status.loadBalancer";
  if (spec?.type !== "LoadBalancer" && ingress.length > 0) {
    return [forbiddenField(`${field}.ingress`, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  return validateLoadBalancerStatus(ingress, field, old.status?.loadBalancer?.ingress);
}
