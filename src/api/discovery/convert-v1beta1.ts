import type { Endpoint, EndpointSlice } from "../generated/discovery.k8s.io/v1.ts";

const ZONE = "topology.kubernetes.io/zone";
const HOSTNAME = "kubernetes.io/hostname";

type EndpointV1beta1 = Endpoint & { readonly topology?: Readonly<Record<string, string>> };

export type EndpointSliceV1beta1 = Omit<EndpointSlice, "endpoints"> & {
  readonly endpoints?: readonly EndpointV1beta1[];
};

/** A slice of discovery.k8s.io/v1beta1, whose endpoints have a map for where they are, in v1. Does not change what it is given. */
export function slicesFromV1beta1(slice: EndpointSliceV1beta1): EndpointSlice {
  const endpoints = (slice.endpoints ?? []).map(endpointOf);
  return { ...slice, apiVersion: "discovery.k8s.io/v1", endpoints } as EndpointSlice;
}

/** Protobuf knows the map by its number, and gives it the name that it has in v1. */
function endpointOf({ topology: named, deprecatedTopology, ...endpoint }: EndpointV1beta1): Endpoint {
  const { [ZONE]: zone, ...topology }: Record<string, string> = named ?? deprecatedTopology ?? {};
  if (topology[HOSTNAME] === endpoint.nodeName) delete topology[HOSTNAME];
  return {
    ...endpoint,
    ...(Object.keys(topology).length === 0 ? {} : { deprecatedTopology: topology }),
    ...(zone === undefined ? {} : { zone }),
  };
}
