import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { invalids, oneOf, optionalNamed, requiredText } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule } from "../generated/networking.k8s.io/v1.ts";
import { defineKind } from "../kind.ts";
import {
  dns1035LabelErrors,
  dnsSubdomainErrors,
  portNameErrors,
  portNumberErrors,
  wildcardDnsErrors,
} from "../names.ts";

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
    return metadata?.annotations?.[CLASS_ANNOTATION] && spec?.ingressClassName !== undefined
      ? [
          invalid(
            "metadata.annotations",
            metadata.annotations[CLASS_ANNOTATION],
            "can not be set when the class field is also set",
          ),
        ]
      : [];
  },
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

function hosts(rules: readonly IngressRule[]): string {
  const named = rules.map((rule) => rule.host ?? "").filter((host) => host !== "");
  if (named.length === 0) return "*";
  const shown = named.slice(0, 3).join(",");
  return named.length >= 3 && rules.length > 3 ? `${shown} + ${rules.length - 3} more...` : shown;
}

function validateIngress({ spec = {} }: Ingress): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec.rules ?? []).length === 0 && spec.defaultBackend === undefined) {
    errors.push(invalid("spec", spec, "either `defaultBackend` or `rules` must be specified"));
  }
  if (spec.defaultBackend !== undefined) errors.push(...validateBackend(spec.defaultBackend, "spec.defaultBackend"));
  (spec.rules ?? []).forEach((rule, index) => {
    errors.push(...validateRule(rule, `spec.rules[${index}]`));
  });
  (spec.tls ?? []).forEach((tls, index) => {
    errors.push(...optionalNamed(tls.secretName, dnsSubdomainErrors, `spec.tls[${index}].secretName`));
    (tls.hosts ?? []).forEach((host, at) => {
      const path = `spec.tls[${index}].hosts[${at}]`;
      errors.push(...invalids(path, host, host.includes("*") ? wildcardDnsErrors(host) : dnsSubdomainErrors(host)));
    });
  });
  return [...errors, ...optionalNamed(spec.ingressClassName, dnsSubdomainErrors, "spec.ingressClassName")];
}

function validateRule(rule: IngressRule, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { host } = rule;
  if (host) {
    if (/^[0-9.]+$/.test(host) || host.includes(":")) {
      errors.push(invalid(`${field}.host`, host, "must be a DNS name, not an IP address"));
    } else {
      errors.push(
        ...invalids(`${field}.host`, host, host.includes("*") ? wildcardDnsErrors(host) : dnsSubdomainErrors(host)),
      );
    }
  }
  if (rule.http === undefined) return errors;
  const paths = rule.http.paths ?? [];
  if (paths.length === 0) errors.push(required(`${field}.http.paths`));
  return [...errors, ...paths.flatMap((path, index) => validatePath(path, `${field}.http.paths[${index}]`))];
}

function validatePath(path: HTTPIngressPath, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const types = ["Exact", "ImplementationSpecific", "Prefix"];
  if (!path.pathType) errors.push(required(`${field}.pathType`, "pathType must be specified"));
  else errors.push(...oneOf(path.pathType, types, `${field}.pathType`));
  const text = path.path ?? "";
  if (path.pathType === "Exact" || path.pathType === "Prefix") {
    if (!text.startsWith("/")) errors.push(invalid(`${field}.path`, text, "must be an absolute path"));
    for (const part of ["//", "/./", "/../", "%2f", "%2F"]) {
      if (text.includes(part)) errors.push(invalid(`${field}.path`, text, `must not contain '${part}'`));
    }
    for (const end of ["/..", "/."])
      if (text.endsWith(end)) errors.push(invalid(`${field}.path`, text, `cannot end with '${end}'`));
  } else if (text !== "" && !text.startsWith("/")) {
    errors.push(invalid(`${field}.path`, text, "must be an absolute path"));
  }
  return [...errors, ...validateBackend(path.backend, `${field}.backend`)];
}

function validateBackend(backend: IngressBackend | undefined, field: string): FieldError[] {
  const { resource, service } = backend ?? {};
  if (resource !== undefined && service !== undefined) {
    return [invalid(field, "", "cannot set both resource and service backends")];
  }
  if (resource !== undefined) {
    return [
      ...requiredText(resource.kind, `${field}.resource.kind`),
      ...requiredText(resource.name, `${field}.resource.name`),
    ];
  }
  if (service === undefined) return [required(field, "resource or service backend is required")];
  const errors: FieldError[] = [];
  if (!service.name) errors.push(required(`${field}.service.name`));
  else errors.push(...invalids(`${field}.service.name`, service.name, dns1035LabelErrors(service.name)));
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(invalid(field, "", "cannot set both port name & port number"));
  else if (name) errors.push(...invalids(`${field}.service.port.name`, name, portNameErrors(name)));
  else if (number) errors.push(...invalids(`${field}.service.port.number`, number, portNumberErrors(number)));
  else errors.push(required(field, "port name or number is required"));
  return errors;
}
