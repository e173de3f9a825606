import type { Node, Pod, Service } from "../api/generated/core/v1.ts";
import { nodes, pods, services } from "../api/generated/resources.ts";
import type { Informer } from "../client/informer.ts";
import { KeyedBackoff } from "./backoff.ts";
import { createReferencedObjects } from "./environment/referenced-objects.ts";
import type { ServiceFacts } from "./environment/service-variables.ts";
import type { HostFacts } from "./host/host.ts";
import { createImagePuller } from "./images/puller.ts";
import type { KubeletOptions } from "./kubelet-options.ts";
import { createHookRunner } from "./lifecycle/hooks.ts";
import { allocatableAmounts } from "./node/node-status.ts";
import { DEFAULT_MAX_PODS } from "./node/reporting.ts";
import type { PodDependencies } from "./pods/dependencies.ts";
import { keptPod } from "./pods/kept-pod.ts";
import { kubeletPaths } from "./pods/paths.ts";
import { identityOf } from "./pods/pod.ts";
import { createRuntimeCache } from "./pods/runtime-cache.ts";
import { readySandbox } from "./pods/runtime-state.ts";
import { createContainerProber } from "./probes/container-prober.ts";
import { createProbeManager } from "./probes/probe-manager.ts";
import { createStatusWriter } from "./status/status-writer.ts";
import { terminationMessage } from "./termination-message.ts";
import { createPodCertificates } from "./volumes/pod-certificates.ts";
import { createPodVolumes } from "./volumes/pod-volumes.ts";
import { createServiceAccountTokens } from "./volumes/tokens.ts";
import { createTrustBundles } from "./volumes/trust-bundles.ts";

/** Restarts wait 10 s, 20 s … 5 min; ten minutes without one start over. */
const CRASH_BACKOFF = { initialMs: 10_000, maximumMs: 300_000, resetAfterMs: 600_000 };

export interface KubeletInformers {
  readonly pods: Informer<Pod>;
  readonly node: Informer<Node>;
  readonly services: Informer<ServiceFacts>;
}

/** One object, so that several kubelets of one process can share the informer. */
const SERVICES = { resource: services, project: serviceFacts };

/** What the kubelet watches: its own pods and node, and services for the environment of containers. */
export function kubeletInformers({ informers, nodeName }: KubeletOptions): KubeletInformers {
  return {
    pods: informers.projected({ resource: pods, fieldSelector: `spec.nodeName=${nodeName}`, project: keptPod }),
    node: informers.projected({ resource: nodes, fieldSelector: `metadata.name=${nodeName}`, project: ownNode }),
    services: informers.projected(SERVICES),
  };
}

/** What a kubelet asks of its node: the rest it says itself, and thousands of kubelets keep this. */
export function ownNode({ metadata, spec }: Node): Node {
  const { name, uid, labels } = metadata ?? {};
  const { unschedulable, podCIDRs } = spec ?? {};
  return {
    metadata: { ...(name && { name }), ...(uid && { uid }), ...(labels && { labels }) },
    spec: { ...(unschedulable && { unschedulable }), ...(podCIDRs && { podCIDRs }) },
  };
}

function serviceFacts(service: Service): ServiceFacts {
  return {
    namespace: service.metadata?.namespace ?? "",
    name: service.metadata?.name ?? "",
    clusterIp: service.spec?.clusterIP ?? "",
    ...(service.spec?.selector && { selector: service.spec.selector }),
    ports: (service.spec?.ports ?? []).map(({ name, port, protocol = "TCP" }) => ({ name, port, protocol })),
  };
}

/** The parts that pod workers share, put together. `wake` is called when a pod needs another look. */
export function assemble(
  options: KubeletOptions,
  facts: {
    readonly host: HostFacts;
    readonly informers: KubeletInformers;
    readonly runtimeName: string;
    wake(uid: string): void;
  },
): PodDependencies {
  const { client, clock, log, events, runtime, host, nodeName, ownLabels, clusterDns, clusterDomain } = options;
  const { files } = host;
  const paths = kubeletPaths(options.dataDirectory);
  const objects = options.objects ?? createReferencedObjects(client);
  const tokens = options.tokens ?? createServiceAccountTokens(client, clock);
  const trust = createTrustBundles(client);
  const certificates = createPodCertificates({
    ...options,
    nodeUid: () => facts.informers.node.get(nodeName)?.metadata?.uid,
    onOutcome: facts.wake,
  });
  const hostIps = options.nodeAddresses.filter(({ type }) => type === "InternalIP").map(({ address }) => address);
  const allocatable = allocatableAmounts(facts.host, options.maxPods ?? DEFAULT_MAX_PODS);
  const cache = createRuntimeCache({
    runtime: runtime.runtime,
    ownLabels,
    terminationMessage: (status) => terminationMessage(status, files),
    onChange: facts.wake,
  });
  const fields: PodDependencies["fields"] = (pod) => ({
    nodeName,
    hostIps,
    podIps: pod.spec?.hostNetwork === true ? hostIps : (readySandbox(cache.get(identityOf(pod).uid))?.ips ?? []),
    allocatable,
  });
  return {
    client,
    events,
    clock,
    log,
    runtime,
    runtimeName: facts.runtimeName,
    cache,
    files,
    objects,
    paths,
    ownLabels,
    clusterDns,
    clusterDomain,
    hostIps,
    fields,
    cgroups: host.cgroups,
    nodeMemoryBytes: facts.host.memoryBytes,
    puller: createImagePuller({ images: runtime.images, objects, events, clock }),
    volumes: createPodVolumes({ paths, files, objects, tokens, certificates, trust, clock, events, fields }),
    probes: createProbeManager({
      prober: options.prober ?? createContainerProber(runtime.runtime),
      events,
      clock,
      onChange: facts.wake,
    }),
    hooks: createHookRunner(runtime.runtime, clock),
    statuses: createStatusWriter({ client, clock, log, turns: options.statusTurns }),
    crashBackoff: new KeyedBackoff({ clock, ...CRASH_BACKOFF }),
    services: () => facts.informers.services.list(),
    hostDns: () => host.dnsConfig(),
    hostsFile: () => host.hostsFile(),
  };
}
