import { setCondition } from "../../api/conditions.ts";
import type { APIService, APIServiceCondition } from "../../api/generated/apiregistration.k8s.io/v1.ts";
import type { Service } from "../../api/generated/core/v1.ts";
import type { EndpointSlice } from "../../api/generated/discovery.k8s.io/v1.ts";

export interface Availability {
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

const LOCAL: Availability = { status: "True", reason: "Local", message: "Local APIServices are always available" };
export const PASSED: Availability = { status: "True", reason: "Passed", message: "all checks passed" };

const missing = (reason: string, message: string): Availability => ({ status: "False", reason, message });

/**
 * What the cluster's objects say about an APIService, in upstream's words (kube-aggregator available_controller).
 * @returns undefined when nothing speaks against it, so that its server is to be asked
 */
export function plannedAvailability(
  { spec }: APIService,
  state: { readonly service: Service | undefined; readonly slices: readonly EndpointSlice[] },
): Availability | undefined {
  const wanted = spec?.service;
  if (wanted === undefined) return LOCAL;
  const { namespace = "", name = "", port = 443 } = wanted;
  const said = `service/${name} in ${JSON.stringify(namespace)}`;
  if (state.service === undefined) return missing("ServiceNotFound", `${said} is not present`);
  // Of other types its endpoints are nobody's business: it is asked.
  if ((state.service.spec?.type ?? "ClusterIP") !== "ClusterIP") return undefined;
  const found = state.service.spec?.ports?.find((each) => each.port === port);
  if (found === undefined) return missing("ServicePortError", `${said} is not listening on port ${port}`);
  const own = state.slices.filter((slice) => slice.metadata?.labels?.["kubernetes.io/service-name"] === name);
  const at = `endpointslices for service/${name} in ${JSON.stringify(namespace)}`;
  if (own.length === 0) return missing("EndpointsNotFound", `cannot find ${at}`);
  const hasAddress = own.some(
    (slice) =>
      slice.ports?.some((each) => (each.name ?? "") === (found.name ?? "")) === true &&
      (slice.endpoints ?? []).some(({ conditions, addresses }) => conditions?.ready !== false && addresses.length > 0),
  );
  if (hasAddress) return undefined;
  return missing("MissingEndpoints", `${at} have no addresses with port name ${JSON.stringify(found.name ?? "")}`);
}

/** Its server does not answer as it should. */
export function failedDiscovery(message: string): Availability {
  return missing("FailedDiscoveryCheck", message);
}

/** The conditions with this availability; the same list when nothing is new. @param now RFC 3339 */
export function withAvailability(
  { status }: APIService,
  availability: Availability,
  now: string,
): readonly APIServiceCondition[] {
  const before = status?.conditions ?? [];
  const known = before.find(({ type }) => type === "Available");
  const { reason, message } = availability;
  if (known?.status === availability.status && known.reason === reason && known.message === message) return before;
  return setCondition(before, { type: "Available", ...availability }, now);
}
