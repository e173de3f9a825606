import type { Pod, Service, ServicePort } from "../../api/generated/core/v1.ts";
import { keyOf } from "../../api/meta.ts";
import { matchesMap } from "../../api/selectors.ts";
import type { Change, Informer } from "../../client/informer.ts";
import { type EndpointPod, endpointPod, sameEndpoint } from "./pod-facts.ts";

/** True when the service picks its pods by labels: only then do controllers keep its endpoints. */
export function selectsPods(service: Service): boolean {
  return service.spec?.type !== "ExternalName" && service.spec?.selector !== undefined;
}

/** True when the service has no address of its own. */
export function isHeadless(service: Service): boolean {
  const clusterIp = service.spec?.clusterIP;
  return clusterIp === undefined || clusterIp === "" || clusterIp === "None";
}

/** The port number that a service's port leads to in a pod; undefined when the pod has no port of that name. */
export function targetPortOf(port: ServicePort, pod: EndpointPod): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number") return target === 0 ? port.port : target;
  if (target === "") return port.port;
  const protocol = port.protocol ?? "TCP";
  return pod.namedPorts.find((named) => named.name === target && named.protocol === protocol)?.port;
}

/** Keys of the services whose endpoints a pod's change concerns: those that select it now or did before. */
export function servicesOf(services: Informer<Service>, change: Change<Pod>): string[] {
  const { before, after } = change;
  const pod = after ?? before;
  const present = services.list(pod?.metadata?.namespace ?? "").filter(selectsPods);
  const concerned = present.filter((service) =>
    [before, after].some((each) => each !== undefined && selects(service, each)),
  );
  if (concerned.length === 0) return [];
  if (before !== undefined && after !== undefined && sameEndpoint(endpointPod(before), endpointPod(after))) return [];
  return concerned.map(keyOf);
}

/** True when the service's selector matches the pod; an empty selector selects all pods of the namespace. */
export function selects(service: Service, pod: Pod): boolean {
  return matchesMap(service.spec?.selector, pod.metadata?.labels ?? {});
}
