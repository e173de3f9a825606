import { endpointSlices, nodes, pods, services } from "../api/generated/resources.ts";
import type { InformerSet } from "../client/informer.ts";
import { hostPortPod, type NodeFacts, serviceFacts, sliceFacts } from "./model.ts";
import type { Facts } from "./state.ts";

/** Who is told what has to be planned anew. */
export interface Dirty {
  service(key: string): void;
  pod(key: string): void;
  onStop(stop: () => void): void;
}

/** Informers of what rules depend on, and the facts in them. */
export function followFacts(options: {
  informers: InformerSet;
  nodeInformers: InformerSet;
  nodeName: string;
  podCidr: string;
}): {
  facts: Facts;
  watch(dirty: Dirty): void;
  synced: Promise<void>;
} {
  const { informers, nodeInformers, nodeName } = options;
  const serviceInformer = informers.projected({
    resource: services,
    project: (object) => serviceFacts(object) ?? null,
  });
  const sliceInformer = informers.projected({
    resource: endpointSlices,
    project: (object) => sliceFacts(object) ?? null,
    indexes: { service: (slice) => (slice === null ? [] : [slice.serviceKey]) },
  });
  const podInformer = nodeInformers.projected({
    resource: pods,
    fieldSelector: `spec.nodeName=${nodeName}`,
    project: (object) => hostPortPod(object) ?? null,
  });
  const nodeInformer = nodeInformers.projected({
    resource: nodes,
    fieldSelector: `metadata.name=${nodeName}`,
    project: (object) => object.metadata?.labels?.["topology.kubernetes.io/zone"] ?? "",
  });
  const node = (): NodeFacts => ({ nodeName, zone: nodeInformer.get(nodeName) ?? "", podCidr: options.podCidr });
  const facts: Facts = {
    service: (key) => serviceInformer.get(key) ?? undefined,
    slices: (key) => sliceInformer.by("service", key).filter((slice) => slice !== null),
    hostPortPod: (key) => podInformer.get(key) ?? undefined,
    node,
  };
  const watch = (dirty: Dirty): void => {
    dirty.onStop(serviceInformer.subscribe((change) => dirty.service(change.key)));
    dirty.onStop(
      sliceInformer.subscribe(({ before, after }) => {
        for (const key of new Set([before?.serviceKey, after?.serviceKey])) if (key !== undefined) dirty.service(key);
      }),
    );
    dirty.onStop(
      podInformer.subscribe(({ before, after, key }) => {
        if ((before ?? null) !== null || (after ?? null) !== null) dirty.pod(key);
      }),
    );
    dirty.onStop(
      nodeInformer.subscribe(({ before, after }) => {
        if (before === after) return;
        for (const service of serviceInformer.list()) if (service !== null) dirty.service(service.key);
      }),
    );
  };
  return { facts, watch, synced: startBoth(informers, nodeInformers) };
}

async function startBoth(informers: InformerSet, nodeInformers: InformerSet): Promise<void> {
  await Promise.all([informers.start(), nodeInformers.start()]);
}
