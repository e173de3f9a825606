import type { EndpointPod } from "./pod-facts.ts";

/** Pod web-`index` of the Service web: ready, on node-a, with an address of its own. For tests. */
export function buildEndpointPod(index: number, of: Partial<EndpointPod> = {}): EndpointPod {
  const name = `web-${index}`;
  return {
    key: `default/${name}`,
    namespace: "default",
    name,
    uid: name,
    labels: { app: "web" },
    ips: [`10.244.${Math.floor(index / 250)}.${index % 250}`],
    nodeName: "node-a",
    hostname: "",
    subdomain: "",
    ended: false,
    ready: true,
    readySince: "",
    beingDeleted: false,
    namedPorts: [],
    ...of,
  };
}
