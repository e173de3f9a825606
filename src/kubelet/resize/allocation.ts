import type { Container, Pod, ResourceRequirements } from "../../api/generated/core/v1.ts";
import { isSidecar, type PodContainer } from "../pods/pod.ts";
import { equalAsJson } from "../status/plain-json.ts";

/** What a node has given to a pod. Its spec says what is wanted, which may be more than there is. */
export interface Allocation {
  /** Of the pod as a whole. */
  readonly pod?: ResourceRequirements;
  /** Of containers that can be resized, by name. */
  readonly containers: Readonly<Record<string, ResourceRequirements>>;
}

/** Ephemeral containers have no resources; init containers that end are started with what their pod says then. */
export function isResizable({ kind, container }: PodContainer): boolean {
  return kind === "regular" || (kind === "init" && isSidecar(container));
}

/** The amounts in a pod's spec. */
export function allocationOf({ spec }: Pod): Allocation {
  const containers: Record<string, ResourceRequirements> = {};
  const add = ({ name, resources = {} }: Container): void => {
    containers[name] = resources;
  };
  for (const container of spec?.initContainers ?? []) if (isSidecar(container)) add(container);
  for (const container of spec?.containers ?? []) add(container);
  return { ...(spec?.resources && { pod: spec.resources }), containers };
}

/** The pod with those amounts in its spec: the same one when they are there. All of the kubelet works with what is allocated. */
export function withAllocation(pod: Pod, { pod: whole, containers }: Allocation): Pod {
  const { spec } = pod;
  if (spec === undefined) return pod;
  const given = (container: Container): Container => {
    const resources = containers[container.name];
    if (resources === undefined || equalAsJson(resources, container.resources ?? {})) return container;
    return { ...container, resources };
  };
  const regular = spec.containers.map(given);
  const init = (spec.initContainers ?? []).map((each) => (isSidecar(each) ? given(each) : each));
  const isSame =
    equalAsJson(spec.resources, whole) &&
    regular.every((container, index) => container === spec.containers[index]) &&
    init.every((container, index) => container === spec.initContainers?.[index]);
  if (isSame) return pod;
  const { resources: _, ...others } = spec;
  return {
    ...pod,
    spec: {
      ...others,
      containers: regular,
      ...(spec.initContainers && { initContainers: init }),
      ...(whole && { resources: whole }),
    },
  };
}
