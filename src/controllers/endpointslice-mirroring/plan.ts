import { isIPv6 } from "node:net";
import type { EndpointAddress, Endpoints, Service } from "../../api/generated/core/v1.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../api/generated/discovery.k8s.io/v1.ts";
import { portsKey } from "../endpointslice/desired.ts";
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from "../endpointslice/plan.ts";

export const MIRRORED_BY = "endpointslicemirroring-controller.k8s.io";
/** Addresses of one subset that are mirrored at most. */
const MAX_MIRRORED = 1000;

const SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror";
const LEADER = "control-plane.alpha.kubernetes.io/leader";
/** Annotations that say something about the Endpoints object itself. */
const OWN_ANNOTATIONS = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "endpoints.kubernetes.io/last-change-trigger-time",
]);

/** True for Endpoints that people keep by hand for a Service without a selector. */
export function isMirrored(endpoints: Endpoints | undefined, service: Service | undefined): endpoints is Endpoints {
  if (endpoints === undefined || service === undefined || service.spec?.selector !== undefined) return false;
  const { labels, annotations } = endpoints.metadata ?? {};
  return labels?.[SKIP_MIRROR] !== "true" && annotations?.[LEADER] === undefined;
}

export interface MirrorPlan {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

/** What to write so that slices say what the Endpoints object says; without one, all slices go. Pure. */
export function planMirror(endpoints: Endpoints | undefined, slices: readonly EndpointSlice[]): MirrorPlan {
  const wanted = endpoints === undefined ? new Map<string, EndpointSlice>() : desiredSlices(endpoints);
  const update: EndpointSlice[] = [];
  const remove: EndpointSlice[] = [];
  for (const slice of slices) {
    const id = sliceId(slice.addressType, slice.ports ?? []);
    const found = wanted.get(id);
    wanted.delete(id);
    if (found === undefined) remove.push(slice);
    else if (!says(slice, found)) update.push({ ...found, metadata: { ...slice.metadata, ...labelsOf(found) } });
  }
  return { create: [...wanted.values()], update, remove };
}

function labelsOf({ metadata }: EndpointSlice): Pick<NonNullable<EndpointSlice["metadata"]>, "labels" | "annotations"> {
  return { labels: metadata?.labels ?? {}, annotations: metadata?.annotations ?? {} };
}

/** One slice for each family and set of ports, by id. */
function desiredSlices(endpoints: Endpoints): Map<string, EndpointSlice> {
  const slices = new Map<string, EndpointSlice>();
  for (const subset of endpoints.subsets ?? []) {
    const ports: EndpointPort[] = (subset.ports ?? []).map((port) => ({
      name: port.name ?? "",
      protocol: port.protocol ?? "TCP",
      port: port.port,
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    }));
    const all = [
      ...(subset.addresses ?? []).map((address) => endpointOf(address, true)),
      ...(subset.notReadyAddresses ?? []).map((address) => endpointOf(address, false)),
    ].slice(0, MAX_MIRRORED);
    for (const endpoint of all) {
      const addressType = isIPv6(endpoint.addresses[0]!) ? "IPv6" : "IPv4";
      const id = sliceId(addressType, ports);
      const slice = slices.get(id);
      if (slice === undefined) slices.set(id, newSlice(endpoints, { addressType, ports, endpoints: [endpoint] }));
      else slice.endpoints!.push(endpoint);
    }
  }
  return slices;
}

function endpointOf(address: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [address.ip],
    conditions: { ready },
    ...(address.hostname === undefined ? {} : { hostname: address.hostname }),
    ...(address.nodeName === undefined ? {} : { nodeName: address.nodeName }),
    ...(address.targetRef === undefined ? {} : { targetRef: address.targetRef }),
  };
}

function newSlice(endpoints: Endpoints, of: Pick<EndpointSlice, "addressType" | "ports" | "endpoints">): EndpointSlice {
  const { name = "", namespace, uid = "", labels, annotations = {} } = endpoints.metadata ?? {};
  return {
    metadata: {
      generateName: `${name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: MIRRORED_BY },
      annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => !OWN_ANNOTATIONS.has(key))),
      ownerReferences: [{ apiVersion: "v1", kind: "Endpoints", name, uid, controller: true, blockOwnerDeletion: true }],
    },
    ...of,
  };
}

function sliceId(addressType: string, ports: readonly EndpointPort[]): string {
  return `${addressType} ${portsKey(ports)}`;
}

function says(slice: EndpointSlice, wanted: EndpointSlice): boolean {
  const form = ({ metadata, endpoints }: EndpointSlice): string =>
    JSON.stringify([
      Object.entries(metadata?.labels ?? {}).sort(),
      Object.entries(metadata?.annotations ?? {}).sort(),
      metadata?.ownerReferences?.map(({ uid }) => uid),
      (endpoints ?? [])
        .map(({ addresses, conditions, hostname, nodeName, targetRef }) =>
          JSON.stringify([addresses, conditions?.ready, hostname, nodeName, targetRef?.uid, targetRef?.name]),
        )
        .sort(),
    ]);
  return form(slice) === form(wanted);
}
