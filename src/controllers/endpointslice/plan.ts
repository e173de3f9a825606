import type { Service } from "../../api/generated/core/v1.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "../../api/generated/discovery.k8s.io/v1.ts";
import { type AddressType, addressTypes, desiredGroups, type PortGroup, portsKey, type ZoneOf } from "./desired.ts";
import type { EndpointPod } from "./pod-facts.ts";
import { isHeadless } from "./services.ts";

export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";
export const MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by";
export const MANAGED_BY = "endpointslice-controller.k8s.io";
export const HEADLESS_LABEL = "service.kubernetes.io/headless";

/** Endpoints a slice, at most. */
export const MAX_ENDPOINTS = 100;

/** What to write so that a service's slices say what is. */
export interface SlicePlan {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
  /** Some pod is on a node that is not known (yet): look again soon. */
  readonly missingNodes: boolean;
}

/** Compares what a service's slices should say with what they say. Pure; keeps endpoints where they are. */
export function planSlices(of: {
  service: Service;
  pods: readonly EndpointPod[];
  slices: readonly EndpointSlice[];
  zoneOf: ZoneOf;
}): SlicePlan {
  const { service, pods, slices, zoneOf } = of;
  const types = addressTypes(service);
  const isOurs = (slice: EndpointSlice): boolean =>
    types.includes(slice.addressType as AddressType) && isOwnedBy(slice, service);
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const remove = slices.filter((slice) => !isOurs(slice));
  let missingNodes = false;
  for (const addressType of types) {
    const desired = desiredGroups(service, pods, { addressType, zoneOf });
    missingNodes ||= desired.missingNodes;
    const existing = slices.filter((slice) => slice.addressType === addressType && isOurs(slice));
    const plan = planFamily(service, addressType, { groups: desired.groups, existing });
    create.push(...plan.create);
    update.push(...plan.update);
    remove.push(...plan.remove);
  }
  return { create, update, remove, missingNodes };
}

/** One family: each group of ports by itself, then a placeholder when nothing is left, then what can be reused is. */
function planFamily(
  service: Service,
  addressType: AddressType,
  { groups, existing }: { groups: Map<string, PortGroup>; existing: readonly EndpointSlice[] },
) {
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  let remove: EndpointSlice[] = [];
  const keys = new Set([...groups.keys(), ...existing.map((slice) => portsKey(slice.ports ?? []))]);
  for (const key of keys) {
    const slices = existing.filter((slice) => portsKey(slice.ports ?? []) === key);
    const group = groups.get(key);
    if (group === undefined) {
      remove.push(...slices);
      continue;
    }
    const fresh = (endpoints: Endpoint[]): EndpointSlice => newSlice(service, addressType, group.ports, endpoints);
    const plan = distribute(service, { group, slices, fresh });
    create.push(...plan.create);
    update.push(...plan.update);
    remove.push(...plan.remove);
  }
  if (existing.length === remove.length && create.length === 0) {
    const [only, ...more] = remove;
    if (only !== undefined && more.length === 0 && isPlaceholder(only) && hasRightLabels(only, service)) remove = [];
    else create.push(newSlice(service, addressType, [], []));
  }
  while (create.length > 0 && remove.length > 0) {
    const reused = remove.shift()!;
    const wanted = create.shift()!;
    update.push({ ...wanted, metadata: { ...reused.metadata, labels: sliceLabels(service) } });
  }
  return { create, update, remove };
}

/** Spreads a group's endpoints over its slices with as few writes as possible. */
function distribute(
  service: Service,
  of: { group: PortGroup; slices: readonly EndpointSlice[]; fresh: (endpoints: Endpoint[]) => EndpointSlice },
) {
  const missing = new Map(of.group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const changed: { slice: EndpointSlice; endpoints: Endpoint[] }[] = [];
  const unchanged: EndpointSlice[] = [];
  const remove: EndpointSlice[] = [];
  for (const slice of of.slices) {
    const kept: Endpoint[] = [];
    let differs = !hasRightLabels(slice, service);
    for (const endpoint of slice.endpoints ?? []) {
      const key = endpointKey(endpoint);
      const wanted = missing.get(key);
      missing.delete(key);
      if (wanted !== undefined) kept.push(wanted);
      if (wanted === undefined || !sameEndpointState(endpoint, wanted)) differs = true;
    }
    if (differs) changed.push({ slice, endpoints: kept });
    else unchanged.push(slice);
  }
  const left = [...missing.values()];
  for (const { endpoints } of changed) {
    while (left.length > 0 && endpoints.length < MAX_ENDPOINTS) endpoints.push(left.shift()!);
  }
  // One write more into a slice with room is cheaper for everybody than a new slice.
  const room = left.length > 0 && left.length < MAX_ENDPOINTS ? withRoom(unchanged, left.length) : undefined;
  if (room !== undefined) changed.push({ slice: room, endpoints: [...(room.endpoints ?? []), ...left.splice(0)] });
  const create: EndpointSlice[] = [];
  while (left.length > 0) create.push(of.fresh(left.splice(0, MAX_ENDPOINTS)));
  const update: EndpointSlice[] = [];
  for (const { slice, endpoints } of changed) {
    if (endpoints.length === 0) remove.push(slice);
    else update.push({ ...slice, metadata: { ...slice.metadata, labels: sliceLabels(service) }, endpoints });
  }
  return { create, update, remove };
}

/** The fullest slice that still has room for so many. */
function withRoom(slices: readonly EndpointSlice[], count: number): EndpointSlice | undefined {
  let best: EndpointSlice | undefined;
  for (const slice of slices) {
    const size = slice.endpoints?.length ?? 0;
    if (size + count > MAX_ENDPOINTS) continue;
    if (best === undefined || size > (best.endpoints?.length ?? 0)) best = slice;
  }
  return best;
}

function newSlice(
  service: Service,
  addressType: AddressType,
  ports: readonly EndpointPort[],
  endpoints: Endpoint[],
): EndpointSlice {
  const { name = "", namespace, uid = "" } = service.metadata ?? {};
  return {
    metadata: {
      generateName: `${name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: sliceLabels(service),
      ownerReferences: [{ apiVersion: "v1", kind: "Service", name, uid, controller: true, blockOwnerDeletion: true }],
    },
    addressType,
    endpoints,
    ports: [...ports],
  };
}

/** The service's own labels and those that say whose slice it is. */
export function sliceLabels(service: Service): Record<string, string> {
  const labels = { ...service.metadata?.labels };
  for (const reserved of [SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL]) delete labels[reserved];
  if (isHeadless(service)) labels[HEADLESS_LABEL] = "";
  labels[SERVICE_NAME_LABEL] = service.metadata?.name ?? "";
  labels[MANAGED_BY_LABEL] = MANAGED_BY;
  return labels;
}

function hasRightLabels(slice: EndpointSlice, service: Service): boolean {
  const wanted = sliceLabels(service);
  const labels = slice.metadata?.labels ?? {};
  const names = Object.keys(wanted);
  return names.length === Object.keys(labels).length && names.every((name) => labels[name] === wanted[name]);
}

function isOwnedBy(slice: EndpointSlice, service: Service): boolean {
  return slice.metadata?.ownerReferences?.some((owner) => owner.uid === service.metadata?.uid) ?? false;
}

function isPlaceholder(slice: EndpointSlice): boolean {
  return !slice.endpoints?.length && !slice.ports?.length;
}

/** Who the endpoint is, whatever its state. */
function endpointKey(endpoint: Endpoint): string {
  return `${endpoint.targetRef?.uid ?? ""}|${endpoint.addresses.join()}`;
}

function sameEndpointState(a: Endpoint, b: Endpoint): boolean {
  return JSON.stringify(stateOf(a)) === JSON.stringify(stateOf(b));
}

function stateOf(endpoint: Endpoint): unknown[] {
  const { conditions, targetRef, hints } = endpoint;
  return [
    conditions?.ready ?? null,
    conditions?.serving ?? null,
    conditions?.terminating ?? null,
    targetRef?.name,
    targetRef?.uid,
    endpoint.hostname ?? "",
    endpoint.nodeName ?? "",
    endpoint.zone ?? "",
    hints?.forZones?.map(({ name }) => name) ?? [],
    hints?.forNodes?.map(({ name }) => name) ?? [],
  ];
}
