import type { Container, ObjectFieldSelector, Pod, ResourceFieldSelector } from "../../api/generated/core/v1.ts";
import { quantityMilli, quantityValue } from "../../api/quantity.ts";
import { findContainer } from "../pods/pod.ts";

/** What the downward API needs beyond the pod. */
export interface FieldFacts {
  readonly nodeName: string;
  readonly hostIps: readonly string[];
  readonly podIps: readonly string[];
  /** What a container without a limit may use: cpu in thousandths, the others in units. */
  readonly allocatable: Readonly<Record<string, number>>;
}

/** The value of a pod's field as text. Undefined for a field that cannot be told. */
export function fieldValue(selector: ObjectFieldSelector, pod: Pod, facts: FieldFacts): string | undefined {
  const path = selector.fieldPath;
  const subscript = /^metadata\.(annotations|labels)\['(.+)'\]$/.exec(path);
  if (subscript !== null) {
    const map = subscript[1] === "labels" ? pod.metadata?.labels : pod.metadata?.annotations;
    return map?.[subscript[2]!] ?? "";
  }
  switch (path) {
    case "metadata.name":
      return pod.metadata?.name;
    case "metadata.namespace":
      return pod.metadata?.namespace;
    case "metadata.uid":
      return pod.metadata?.uid;
    case "metadata.labels":
      return formatMap(pod.metadata?.labels);
    case "metadata.annotations":
      return formatMap(pod.metadata?.annotations);
    case "spec.nodeName":
      return pod.spec?.nodeName ?? facts.nodeName;
    case "spec.serviceAccountName":
      return pod.spec?.serviceAccountName ?? "";
    case "status.hostIP":
      return facts.hostIps[0] ?? "";
    case "status.hostIPs":
      return facts.hostIps.join(",");
    case "status.podIP":
      return facts.podIps[0] ?? "";
    case "status.podIPs":
      return facts.podIps.join(",");
    default:
      return undefined;
  }
}

/** `key="value"` lines, sorted, as the downward API writes maps. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${JSON.stringify(map![key])}`)
    .join("\n");
}

/** A container's request or limit as a whole number of divisors, rounded up; a missing limit is the node's allocatable. */
export function resourceValue(
  selector: ResourceFieldSelector,
  pod: Pod,
  facts: FieldFacts & { defaultContainer?: string },
): string | undefined {
  const name = selector.containerName || facts.defaultContainer || "";
  const container = findContainer(pod, name)?.container as Container | undefined;
  const [list, ...rest] = selector.resource.split(".");
  const resource = rest.join(".");
  if (container === undefined || resource === "" || (list !== "limits" && list !== "requests")) return undefined;
  const { limits = {}, requests = {} } = container.resources ?? {};
  const isCpu = resource === "cpu";
  const amount = (quantity: string) => (isCpu ? quantityMilli(quantity) : quantityValue(quantity));
  const own = list === "limits" ? limits[resource] : (requests[resource] ?? limits[resource]);
  const value = own !== undefined ? amount(own) : list === "limits" ? (facts.allocatable[resource] ?? 0) : 0;
  const divisor = selector.divisor === undefined || selector.divisor === "0" ? "1" : selector.divisor;
  return String(Math.ceil(value / Math.max(amount(divisor), 1)));
}
