import type { Ingress, IngressBackend, IngressSpec } from "../generated/networking.k8s.io/v1.ts";

/** As v1beta1 has it, and as its bytes are read. */
export interface BackendV1beta1 extends Pick<IngressBackend, "resource"> {
  readonly serviceName?: string;
  readonly servicePort?: number | string;
}

interface PathV1beta1 {
  readonly path?: string;
  readonly pathType?: string;
  readonly backend: BackendV1beta1;
}

interface SpecV1beta1 extends Pick<IngressSpec, "ingressClassName" | "tls"> {
  readonly backend?: BackendV1beta1;
  /** `backend` by the name of v1: protobuf knows it by its number. */
  readonly defaultBackend?: BackendV1beta1;
  readonly rules?: readonly { readonly host?: string; readonly http?: { readonly paths: readonly PathV1beta1[] } }[];
}

export type IngressV1beta1 = Omit<Ingress, "spec"> & { readonly spec?: SpecV1beta1 };

/** An Ingress of extensions/v1beta1 or networking.k8s.io/v1beta1 in v1. Does not change what it is given. */
export function ingressFromV1beta1(ingress: IngressV1beta1): Ingress {
  const { spec, ...others } = ingress;
  const present: Ingress = { ...others, apiVersion: "networking.k8s.io/v1" };
  if (spec === undefined) return present;
  const { backend, defaultBackend = backend, rules, ...rest } = spec;
  return {
    ...present,
    spec: {
      ...rest,
      ...(defaultBackend === undefined ? {} : { defaultBackend: backendOf(defaultBackend) }),
      ...(rules === undefined ? {} : { rules: rules.map(ruleOf) }),
    },
  };
}

function ruleOf(rule: NonNullable<SpecV1beta1["rules"]>[number]) {
  const { http, ...rest } = rule;
  if (http === undefined) return rest;
  const paths = http.paths.map((path) => ({
    ...path,
    pathType: path.pathType ?? "ImplementationSpecific",
    backend: backendOf(path.backend),
  }));
  return { ...rest, http: { ...http, paths } };
}

function backendOf({ serviceName, servicePort, resource }: BackendV1beta1): IngressBackend {
  const port = typeof servicePort === "string" ? { name: servicePort } : { number: servicePort ?? 0 };
  const hasService = serviceName !== undefined && serviceName !== "";
  return {
    ...(resource === undefined ? {} : { resource }),
    ...(hasService ? { service: { name: serviceName, port: port.number === 0 ? {} : port } } : {}),
  };
}
