import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { validateHost, validateIngressAddress } from "../core/load-balancer-status.ts";
import { invalids, named } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressRule,
  IngressTLS,
} from "../generated/networking.k8s.io/v1.ts";
import { ipFamily } from "../ip-address.ts";
import { balancerWarnings } from "../ip-warnings.ts";
import { defineKind } from "../kind.ts";
import { dnsLabelErrors, dnsSubdomainErrors, portNameErrors, portNumberErrors, wildcardDnsErrors } from "../names.ts";

import { validateTypedReference } from "./typed-reference.ts";

const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"];
const CLASS_ANNOTATION = "kubernetes.io/ingress.class";

export const ingressKind = defineKind<Ingress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  prepareForCreate(ingress) {
    ingress.status = { loadBalancer: {} };
  },
  validate: validateIngress,
  validateCreate({ metadata, spec }) {
    const annotation = metadata?.annotations?.[CLASS_ANNOTATION];
    const named = spec?.ingressClassName;
    if (annotation === undefined || named === undefined || annotation === named) return [];
    const message = "must match `ingressClassName` when both are specified";
    return [invalid(`annotations.${CLASS_ANNOTATION}`, annotation, message)];
  },
  validateStatusUpdate({ status }, old) {
    const known = old.status?.loadBalancer?.ingress;
    return (status?.loadBalancer?.ingress ?? []).flatMap((each, index) => {
      const field = `status.loadBalancer.ingress[${index}]`;
      return [...validateIngressAddress(each, field, known), ...validateHost(each, field)];
    });
  },
  warnings({ metadata, spec }, old) {
    const isOld = metadata?.annotations?.[CLASS_ANNOTATION] !== undefined && spec?.ingressClassName === undefined;
    if (old !== undefined || !isOld) return [];
    return [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`];
  },
  statusWarnings: balancerWarnings,
  columns: [
    nameColumn,
    textColumn<Ingress>(
      "Class",
      "The name of the IngressClass resource that should be used for additional configuration",
      ({ spec }) => spec?.ingressClassName ?? "<none>",
    ),
    textColumn<Ingress>(
      "Hosts",
      "Hosts that incoming requests are matched against before the ingress rule",
      ({ spec }) => hosts(spec?.rules ?? []),
    ),
    textColumn<Ingress>("Address", "Address is a list containing ingress points for the load-balancer", ({ status }) =>
      [...new Set((status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || ""))]
        .filter((address) => address !== "")
        .sort()
        .join(","),
    ),
    textColumn<Ingress>("Ports", "Ports of TLS configurations that open", ({ spec }) =>
      (spec?.tls ?? []).length === 0 ? "80" : "80, 443",
    ),
    ageColumn,
  ],
});

/** The first three; whatever rules follow the third are more, with a host or without. */
function hosts(rules: readonly IngressRule[]): string {
  const named = rules.flatMap(({ host = "" }, index) => (host === "" ? [] : [{ host, index }])).slice(0, 3);
  if (named.length === 0) return "*";
  const shown = named.map(({ host }) => host).join(",");
  const isAll = named.length < 3 || named[2]!.index === rules.length - 1;
  return isAll ? shown : `${shown} + ${rules.length - 3} more...`;
}

/** @param old what it was before: what older servers took may stay */
function validateIngress({ spec = {} }: Ingress, old?: Ingress): FieldError[] {
  const { rules = [], tls = [], defaultBackend, ingressClassName } = spec;
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined) {
    errors.push(invalid("spec", null, "either `defaultBackend` or `rules` must be specified"));
  }
  if (defaultBackend !== undefined) errors.push(...validateBackend(defaultBackend, "spec.defaultBackend"));
  const isWild = ({ host }: IngressRule): boolean => host?.includes("*") === true;
  const hadWrongWild = (old?.spec?.rules ?? []).some((rule) => isWild(rule) && validateHttp(rule, "").length > 0);
  rules.forEach((rule, index) => {
    const field = `spec.rules[${index}]`;
    errors.push(...validateRuleHost(rule.host, `${field}.host`));
    if (!isWild(rule) || !hadWrongWild) errors.push(...validateHttp(rule, field));
  });
  const nameErrors = ({ secretName }: IngressTLS): string[] => (secretName ? dnsSubdomainErrors(secretName) : []);
  const hadWrongName = (old?.spec?.tls ?? []).some((each) => nameErrors(each).length > 0);
  tls.forEach((each, index) => {
    const field = `spec.tls[${index}]`;
    (each.hosts ?? []).forEach((host, at) => {
      errors.push(...invalids(`${field}.hosts[${at}]`, host, hostErrors(host)));
    });
    if (!hadWrongName) errors.push(...invalids(`${field}.secretName`, each.secretName, nameErrors(each)));
  });
  if (ingressClassName === undefined) return errors;
  return [...errors, ...invalids("spec.ingressClassName", ingressClassName, dnsSubdomainErrors(ingressClassName))];
}

function hostErrors(host: string): string[] {
  return host.includes("*") ? wildcardDnsErrors(host) : dnsSubdomainErrors(host);
}

function validateRuleHost(host: string | undefined, field: string): FieldError[] {
  if (!host) return [];
  const errors = ipFamily(host) === 0 ? [] : [invalid(field, host, "must be a DNS name, not an IP address")];
  return [...errors, ...invalids(field, host, hostErrors(host))];
}

function validateHttp({ http }: IngressRule, field: string): FieldError[] {
  if (http === undefined) return [];
  const paths = http.paths ?? [];
  if (paths.length === 0) return [required(`${field}.http.paths`)];
  return paths.flatMap((path, index) => validatePath(path, `${field}.http.paths[${index}]`));
}

function validatePath({ path: text = "", pathType, backend }: HTTPIngressPath, field: string): FieldError[] {
  if (pathType === undefined) return [required(`${field}.pathType`, "pathType must be specified")];
  const errors: FieldError[] = [];
  const tell = (message: string): void => void errors.push(invalid(`${field}.path`, text, message));
  if (!PATH_TYPES.includes(pathType)) errors.push(notSupported(`${field}.pathType`, pathType, PATH_TYPES));
  else if (pathType === "ImplementationSpecific") {
    if (text !== "" && !text.startsWith("/")) tell("must be an absolute path");
  } else {
    if (!text.startsWith("/")) tell("must be an absolute path");
    for (const part of ["//", "/./", "/../", "%2f", "%2F"]) if (text.includes(part)) tell(`must not contain '${part}'`);
    for (const end of ["/..", "/."]) if (text.endsWith(end)) tell(`cannot end with '${end}'`);
  }
  return [...errors, ...validateBackend(backend, `${field}.backend`)];
}

function validateBackend(backend: IngressBackend | undefined, field: string): FieldError[] {
  const { resource, service } = backend ?? {};
  if (resource !== undefined && service !== undefined) {
    return [invalid(field, "", "cannot set both resource and service backends")];
  }
  if (resource !== undefined) return validateTypedReference(resource, `${field}.resource`);
  if (service === undefined) return [invalid(field, "", "resource or service backend is required")];
  const path = `${field}.service`;
  const errors = named(service.name, dnsLabelErrors, `${path}.name`);
  const { name, number } = service.port ?? {};
  if (name && number) return [...errors, invalid(field, "", "cannot set both port name & port number")];
  if (name) return [...errors, ...invalids(`${path}.port.name`, name, portNameErrors(name))];
  if (number) return [...errors, ...invalids(`${path}.port.number`, number, portNumberErrors(number))];
  return [...errors, required(field, "port name or number is required")];
}
