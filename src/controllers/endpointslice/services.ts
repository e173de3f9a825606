import type { Service, ServicePort } from "../../api/generated/core/v1.ts";
import { matchesMap } from "../../api/selectors.ts";
import type { Change, Informer } from "../../client/informer.ts";
import { type EndpointPod, sameEndpoint } from "./pod-facts.ts";

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
export function servicesOf(services: Informer<Service>, change: Change<EndpointPod>): string[] {
  const { before, after } = change;
  if (before !== undefined && after !== undefined && sameEndpoint(before, after)) return [];
  const pod = after ?? before;
  if (pod === undefined) return [];
  const keys: string[] = [];
  for (const service of services.list(pod.namespace)) {
    if (!selectsPods(service)) continue;
    const selected = [before, after].some((each) => each !== undefined && selects(service, each));
    if (selected) keys.push(`${pod.namespace}/${service.metadata?.name}`);
  }
  return keys;
}

/** True when the service's selector matches the pod; an empty selector selects all pods of the namespace. */
export function selects(service: Service, pod: EndpointPod): boolean {
  return matchesMap(service.spec?.selector, pod.labels);
}
