import { isIP } from "node:net";
import { invalids, oneOf, optionalNamed, optionalOneOf } from "../field-checks.ts";
import { duplicate, type FieldError, forbiddenField, invalid, required, tooMany } from "../field-error.ts";
import type { Service, ServicePort, ServiceSpec } from "../generated/core/v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors, portNumberErrors, qualifiedNameErrors } from "../names.ts";
import { validateLabels } from "../selectors.ts";
import { isCidr } from "./node.ts";
import { validatePort } from "./validate-probe.ts";

const KUBELET_PORT = 10250;
const LOAD_BALANCER_ONLY = "may only be used when `type` is 'LoadBalancer'";
const isHeadless = (spec: ServiceSpec): boolean => spec.clusterIP === "None" || spec.clusterIPs?.[0] === "None";
const isExternal = (spec: ServiceSpec): boolean =>
  spec.type === "LoadBalancer" ||
  spec.type === "NodePort" ||
  (spec.type === "ClusterIP" && (spec.externalIPs ?? []).length > 0);

/** What is wrong with a service. */
export function validateService({ spec = {} }: Service): FieldError[] {
  return [
    ...validateByType(spec),
    ...validatePorts(spec),
    ...validateLabels(spec.selector, "spec.selector"),
    ...validateAffinity(spec),
    ...validateExternalIps(spec.externalIPs ?? []),
    ...oneOf(spec.type, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], "spec.type"),
    ...validateLoadBalancer(spec),
    ...validateTrafficPolicies(spec),
    ...validateClusterIps(spec),
  ];
}

function validateByType(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec.ports ?? []).length === 0 && !isHeadless(spec) && spec.type !== "ExternalName") {
    errors.push(required("spec.ports"));
  }
  if (spec.type === "LoadBalancer") {
    (spec.ports ?? []).forEach((port, index) => {
      if (port.port === KUBELET_PORT) {
        const message = `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`;
        errors.push(invalid(`spec.ports[${index}]`, port.port, message));
      }
    });
  }
  if ((spec.type === "LoadBalancer" || spec.type === "NodePort") && isHeadless(spec)) {
    errors.push(invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${spec.type} services`));
  }
  if (spec.type === "ExternalName") {
    if ((spec.clusterIPs ?? []).length > 0) {
      errors.push(forbiddenField("spec.clusterIPs", "may not be set for ExternalName services"));
    }
    const name = (spec.externalName ?? "").replace(/\.$/, "");
    if (name === "") errors.push(required("spec.externalName"));
    else errors.push(...invalids("spec.externalName", name, dnsSubdomainErrors(name)));
  }
  return errors;
}

function validatePorts(spec: ServiceSpec): FieldError[] {
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  const numbers = new Set<string>();
  const nodePorts = new Set<string>();
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}]`;
    const errors = validateServicePort(port, field, ports.length > 1);
    if (port.name) {
      if (names.has(port.name)) errors.push(duplicate(`${field}.name`, port.name));
      names.add(port.name);
    }
    const number = `${port.protocol}/${port.port}`;
    if (numbers.has(number)) errors.push(duplicate(field, { port: port.port, protocol: port.protocol }));
    numbers.add(number);
    if (port.nodePort) {
      if (spec.type !== "NodePort" && spec.type !== "LoadBalancer") {
        errors.push(forbiddenField(`${field}.nodePort`, `may not be used when \`type\` is '${spec.type}'`));
      }
      const key = `${port.protocol}/${port.nodePort}`;
      if (nodePorts.has(key)) errors.push(duplicate(`${field}.nodePort`, port.nodePort));
      nodePorts.add(key);
    }
    return errors;
  });
}

function validateServicePort(port: ServicePort, field: string, nameRequired: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (!port.name) {
    if (nameRequired) errors.push(required(`${field}.name`));
  } else errors.push(...invalids(`${field}.name`, port.name, dnsLabelErrors(port.name)));
  return [
    ...errors,
    ...invalids(`${field}.port`, port.port ?? 0, portNumberErrors(port.port)),
    ...oneOf(port.protocol, ["SCTP", "TCP", "UDP"], `${field}.protocol`),
    ...validatePort(port.targetPort, `${field}.targetPort`),
    ...optionalNamed(port.appProtocol, qualifiedNameErrors, `${field}.appProtocol`),
  ];
}

function validateAffinity(spec: ServiceSpec): FieldError[] {
  const errors = oneOf(spec.sessionAffinity, ["ClientIP", "None"], "spec.sessionAffinity");
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (spec.sessionAffinity === "ClientIP" && (seconds === undefined || seconds <= 0 || seconds > 86400)) {
    const field = "spec.sessionAffinityConfig.clientIP.timeoutSeconds";
    errors.push(invalid(field, seconds, "must be greater than 0 and less than 86400"));
  }
  if (spec.sessionAffinity === "None" && spec.sessionAffinityConfig !== undefined) {
    errors.push(forbiddenField("spec.sessionAffinityConfig", "must not be set when session affinity is None"));
  }
  return errors;
}

function validateExternalIps(addresses: readonly string[]): FieldError[] {
  return addresses.flatMap((address, index) => {
    const field = `spec.externalIPs[${index}]`;
    if (isIP(address) === 0) {
      return [invalid(field, address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")];
    }
    return specialIpErrors(address).map((message) => invalid(field, address, message));
  });
}

/** Addresses that mean something else than one machine. */
export function specialIpErrors(address: string): string[] {
  const errors: string[] = [];
  const lower = address.toLowerCase();
  if (lower === "0.0.0.0" || lower === "::") errors.push("may not be unspecified (0.0.0.0 or ::)");
  if (lower.startsWith("127.") || lower === "::1")
    errors.push("may not be in the loopback range (127.0.0.0/8, ::1/128)");
  if (lower.startsWith("169.254.") || /^fe[89ab]/.test(lower)) {
    errors.push("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  }
  if (lower.startsWith("224.0.0.") || lower.startsWith("ff02:")) {
    errors.push("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
  }
  return errors;
}

function validateLoadBalancer(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const isBalancer = spec.type === "LoadBalancer";
  if ((spec.loadBalancerSourceRanges ?? []).length > 0) {
    if (!isBalancer) errors.push(forbiddenField("spec.loadBalancerSourceRanges", LOAD_BALANCER_ONLY));
    spec.loadBalancerSourceRanges!.forEach((range, index) => {
      if (!isCidr(range.trim())) {
        const message = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
        errors.push(invalid(`spec.loadBalancerSourceRanges[${index}]`, range, message));
      }
    });
  }
  if (isBalancer && spec.allocateLoadBalancerNodePorts === undefined) {
    errors.push(required("spec.allocateLoadBalancerNodePorts"));
  }
  if (!isBalancer && spec.allocateLoadBalancerNodePorts !== undefined) {
    errors.push(forbiddenField("spec.allocateLoadBalancerNodePorts", LOAD_BALANCER_ONLY));
  }
  if (spec.loadBalancerClass !== undefined) {
    if (!isBalancer) errors.push(forbiddenField("spec.loadBalancerClass", LOAD_BALANCER_ONLY));
    errors.push(
      ...invalids("spec.loadBalancerClass", spec.loadBalancerClass, qualifiedNameErrors(spec.loadBalancerClass)),
    );
  }
  return errors;
}

function validateTrafficPolicies(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const { externalTrafficPolicy, healthCheckNodePort = 0 } = spec;
  if (!isExternal(spec)) {
    if (externalTrafficPolicy) {
      const message = "may only be set for externally-accessible services";
      errors.push(invalid("spec.externalTrafficPolicy", externalTrafficPolicy, message));
    }
  } else errors.push(...oneOf(externalTrafficPolicy, ["Cluster", "Local"], "spec.externalTrafficPolicy"));
  const needsHealthPort = spec.type === "LoadBalancer" && externalTrafficPolicy === "Local";
  if (!needsHealthPort && healthCheckNodePort !== 0) {
    const message = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalid("spec.healthCheckNodePort", healthCheckNodePort, message));
  } else if (healthCheckNodePort < 0 || healthCheckNodePort > 65535) {
    errors.push(...invalids("spec.healthCheckNodePort", healthCheckNodePort, portNumberErrors(healthCheckNodePort)));
  }
  if (spec.type !== "ExternalName") {
    errors.push(...oneOf(spec.internalTrafficPolicy, ["Cluster", "Local"], "spec.internalTrafficPolicy"));
  }
  const distributions = ["PreferClose", "PreferSameNode", "PreferSameZone"];
  return [...errors, ...optionalOneOf(spec.trafficDistribution, distributions, "spec.trafficDistribution")];
}

function validateClusterIps(spec: ServiceSpec): FieldError[] {
  if (spec.type === "ExternalName") return [];
  const errors: FieldError[] = [];
  const addresses = spec.clusterIPs ?? [];
  if (addresses.length > 0 && !spec.clusterIP) {
    errors.push(invalid("spec.clusterIPs", addresses, "must be empty when `clusterIP` is not specified"));
  } else if (addresses.length > 0 && addresses[0] !== spec.clusterIP) {
    errors.push(invalid("spec.clusterIPs", addresses, "first value must match `clusterIP`"));
  }
  if (addresses.length > 2) errors.push(invalid("spec.clusterIPs", addresses, "may only hold up to 2 values"));
  addresses.forEach((address, index) => {
    if (address === "None" && index === 0) return;
    if (isIP(address) === 0) {
      const message = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
      errors.push(invalid(`spec.clusterIPs[${index}]`, address, message));
    }
  });
  const families = spec.ipFamilies ?? [];
  if (families.length > 2) errors.push(tooMany("spec.ipFamilies", families.length, 2));
  families.forEach((family, index) => {
    errors.push(...oneOf(family, ["IPv4", "IPv6"], `spec.ipFamilies[${index}]`));
    if (families.indexOf(family) < index) errors.push(duplicate(`spec.ipFamilies[${index}]`, family));
  });
  const policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
  return [...errors, ...optionalOneOf(spec.ipFamilyPolicy, policies, "spec.ipFamilyPolicy")];
}

/** What is wrong with a change of a service. */
export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const spec = service.spec ?? {};
  const before = old.spec ?? {};
  const errors: FieldError[] = [];
  if (before.type !== "ExternalName" && spec.type !== "ExternalName" && before.clusterIP) {
    if (spec.clusterIP !== before.clusterIP) {
      errors.push(invalid("spec.clusterIPs[0]", spec.clusterIPs ?? null, "may not change once set"));
    }
  }
  if (
    before.type === "LoadBalancer" &&
    spec.type === "LoadBalancer" &&
    before.loadBalancerClass !== spec.loadBalancerClass
  ) {
    errors.push(invalid("spec.loadBalancerClass", spec.loadBalancerClass, "may not change once set"));
  }
  return errors;
}
