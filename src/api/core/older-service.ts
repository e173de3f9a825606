import type { Service, ServiceSpec } from "../generated/core/v1.ts";

/** Clusters here have addresses of one family. */
const FAMILY = "IPv4";

/**
 * A Service as it would be stored now: before 1.20 servers stored one address without a list of them and without families, and
 * later ones a traffic policy also for names of elsewhere. Does not change what it is given.
 */
export function olderService(service: Service): Service {
  const { spec } = service;
  if (spec === undefined) return service;
  if (spec.type === "ExternalName") {
    const { internalTrafficPolicy: _unused, ...rest } = spec;
    return { ...service, spec: rest };
  }
  const { clusterIP = "" } = spec;
  const clusterIPs = spec.clusterIPs?.length ? spec.clusterIPs : clusterIP === "" ? [] : [clusterIP];
  const whole: ServiceSpec = clusterIPs.length === 0 ? spec : { ...spec, clusterIPs };
  return { ...service, spec: { ...whole, ...(spec.ipFamilies?.length ? {} : familiesOf(whole)) } };
}

function familiesOf({ clusterIP, clusterIPs = [], selector = {} }: ServiceSpec): Partial<ServiceSpec> {
  const single = (ipFamilies: string[]) => ({ ipFamilies, ipFamilyPolicy: "SingleStack" });
  const both = (ipFamilies: string[]) => ({ ipFamilies, ipFamilyPolicy: "RequireDualStack" });
  if (clusterIP === "None") {
    // Whoever writes the endpoints of a Service without a selector may write those of any family.
    return Object.keys(selector).length === 0 ? both([FAMILY, "IPv6"]) : single([FAMILY]);
  }
  if (clusterIPs.length === 0) return {};
  const families = clusterIPs.map((address) => (address.includes(":") ? "IPv6" : "IPv4"));
  return families.length === 1 ? single(families) : both(families);
}
