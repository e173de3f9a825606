import { isConditionTrue } from "../../api/conditions.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { keyOf } from "../../api/meta.ts";

/** What a Service's endpoints need to know of a pod. */
export interface EndpointPod {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ips: readonly string[];
  readonly nodeName: string;
  readonly hostname: string;
  readonly subdomain: string;
  /** Succeeded or Failed: it will never serve again. */
  readonly ended: boolean;
  readonly ready: boolean;
  /** When it last became ready or unready; "" while nothing says so. */
  readonly readySince: string;
  readonly beingDeleted: boolean;
  /** Ports with a name, of containers and sidecars. */
  readonly namedPorts: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
}

const NO_IPS: readonly string[] = [];
const NO_LABELS: EndpointPod["labels"] = {};

/** The facts of a pod, found when they are needed in what controllers keep of it (pod-control/kept-pod.ts). Pure. */
export function endpointPod(pod: Pod): EndpointPod {
  const { metadata = {}, spec, status } = pod;
  const ips = status?.podIPs?.map(({ ip }) => ip) ?? (status?.podIP ? [status.podIP] : NO_IPS);
  const readyCondition = status?.conditions?.find(({ type }) => type === "Ready");
  return {
    key: keyOf(pod),
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    uid: metadata.uid ?? "",
    labels: metadata.labels ?? NO_LABELS,
    ips: ips.length === 0 ? NO_IPS : ips.filter((ip) => ip !== ""),
    nodeName: spec?.nodeName ?? "",
    hostname: spec?.hostname ?? "",
    subdomain: spec?.subdomain ?? "",
    ended: status?.phase === "Succeeded" || status?.phase === "Failed",
    ready: isConditionTrue(status?.conditions, "Ready"),
    readySince: readyCondition?.lastTransitionTime ?? "",
    beingDeleted: metadata.deletionTimestamp !== undefined,
    namedPorts: namedPorts(pod),
  };
}

function namedPorts(pod: Pod): EndpointPod["namedPorts"] {
  const sidecars = pod.spec?.initContainers?.filter((container) => container.restartPolicy === "Always") ?? [];
  return [...(pod.spec?.containers ?? []), ...sidecars].flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => port.name)
      .map((port) => ({ name: port.name!, port: port.containerPort, protocol: port.protocol ?? "TCP" })),
  );
}

/** True when nothing changed that an endpoint shows; resource versions and the like do not count. */
export function sameEndpoint(before: EndpointPod, after: EndpointPod): boolean {
  return (
    before.uid === after.uid &&
    before.nodeName === after.nodeName &&
    before.hostname === after.hostname &&
    before.subdomain === after.subdomain &&
    before.ended === after.ended &&
    before.ready === after.ready &&
    before.beingDeleted === after.beingDeleted &&
    before.ips.join() === after.ips.join() &&
    isEqual(before.labels, after.labels) &&
    isEqual(before.namedPorts, after.namedPorts)
  );
}

function isEqual(before: unknown, after: unknown): boolean {
  return before === after || JSON.stringify(before) === JSON.stringify(after);
}
