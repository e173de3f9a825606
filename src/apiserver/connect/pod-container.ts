import type { Pod } from "../../api/generated/core/v1.ts";
import { queryFlag } from "../../api/query-flag.ts";
import { badRequest } from "../../api/status.ts";

/** The container that a request is about: the one it names, or the pod's only one. @throws StatusError BadRequest */
export function containerOf(pod: Pod, wanted: string): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const podName = pod.metadata?.name ?? "";
  if (wanted !== "") {
    const all = [...containers, ...initContainers, ...ephemeralContainers];
    if (all.some((container) => container.name === wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${podName}`);
  }
  const [only] = containers;
  if (only === undefined) throw badRequest(`a container name must be specified for pod ${podName}`);
  if (containers.length === 1) return only.name;
  const names = (of: readonly { name: string }[]): string => `[${of.map((container) => container.name).join(" ")}]`;
  const inits = initContainers.length === 0 ? "" : ` or one of the init containers: ${names(initContainers)}`;
  throw badRequest(
    `a container name must be specified for pod ${podName}, choose one of: ${names(containers)}${inits}`,
  );
}

/** The pod's node. @throws StatusError BadRequest for a pod that is not on one yet */
export function nodeNameOf(pod: Pod): string {
  const nodeName = pod.spec?.nodeName ?? "";
  if (nodeName === "") throw badRequest(`pod ${pod.metadata?.name ?? ""} does not have a host assigned`);
  return nodeName;
}

/** `/exec/default/web/nginx`: a path of the node's server. */
export function nodePath(action: string, pod: Pod, container?: string): string {
  const parts = [action, pod.metadata?.namespace ?? "", pod.metadata?.name ?? ""];
  if (container !== undefined) parts.push(container);
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

/** How the API reads a boolean of an options object in a query. */
export function flag(query: URLSearchParams, name: string): boolean {
  return queryFlag(query.get(name));
}
