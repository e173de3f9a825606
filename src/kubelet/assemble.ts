import { isExtendedResource } from "../api/core/validate-resources.ts";
import type { Node, NodeStatus, Pod, Service } from "../api/generated/core/v1.ts";
import { nodes, pods, services } from "../api/generated/resources.ts";
import { createInterner } from "../base/intern.ts";
import type { Informer } from "../client/informer.ts";
import { KeyedBackoff } from "./backoff.ts";
import type { FieldFacts } from "./environment/fields.ts";
import type { ReferencedObjects } from "./environment/objects.ts";
import { createReferencedObjects } from "./environment/referenced-objects.ts";
import type { ServiceFacts } from "./environment/service-variables.ts";
import type { HostFacts } from "./host/host.ts";
import { createImagePuller, type ImagePuller, type ImagePullerOptions } from "./images/puller.ts";
import type { KubeletOptions } from "./kubelet-options.ts";
import { createHookRunner, type HookRunner } from "./lifecycle/hooks.ts";
import { allocatableAmounts } from "./node/node-status.ts";
import { DEFAULT_MAX_PODS } from "./node/reporting.ts";
import type { PodDependencies } from "./pods/dependencies.ts";
import { keptPod } from "./pods/kept-pod.ts";
import { type KubeletPaths, kubeletPaths } from "./pods/paths.ts";
import { identityOf } from "./pods/pod.ts";
import { createRuntimeCache, type RuntimeCache } from "./pods/runtime-cache.ts";
import { readySandbox } from "./pods/runtime-state.ts";
import { createContainerProber } from "./probes/container-prober.ts";
import { createProbeManager, type ProbeManager, type ProbeManagerOptions } from "./probes/probe-manager.ts";
import type { Prober } from "./probes/prober.ts";
import { createStatusWriter, type StatusWriter, type StatusWriterOptions } from "./status/status-writer.ts";
import { terminationMessage } from "./termination-message.ts";
import {
  createPodCertificates,
  type PodCertificates,
  type PodCertificatesOptions,
} from "./volumes/pod-certificates.ts";
import { createPodVolumes, type PodVolumes, type PodVolumesOptions } from "./volumes/pod-volumes.ts";
import { createServiceAccountTokens, type ServiceAccountTokens } from "./volumes/tokens.ts";
import { createTrustBundles, type TrustBundles } from "./volumes/trust-bundles.ts";

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
export function ownNode({ metadata, spec, status }: Node): Node {
  const { name, uid, labels, resourceVersion } = metadata ?? {};
  const { unschedulable, podCIDRs } = spec ?? {};
  return {
    metadata: {
      ...{ ...(name && { name }), ...(uid && { uid }), ...(labels && { labels }) },
      ...(resourceVersion && { resourceVersion }),
    },
    spec: { ...(unschedulable && { unschedulable }), ...(podCIDRs && { podCIDRs }) },
    ...toldByOthers(status ?? {}),
  };
}

/** What pods may ask of the node beyond what the kubelet itself knows of it: most nodes have none. */
function toldByOthers({ features, allocatable = {} }: NodeStatus): Pick<Node, "status"> {
  const extended = Object.entries(allocatable).filter(([name]) => isExtendedResource(name));
  if (extended.length === 0) return features === undefined ? {} : { status: { features } };
  return { status: { allocatable: Object.fromEntries(extended), ...(features && { features }) } };
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

export interface AssemblyFacts {
  readonly host: HostFacts;
  readonly informers: KubeletInformers;
  readonly runtimeName: string;
  /** A pod needs another look. */
  wake(uid: string): void;
}

/** The parts that pod workers share, put together. */
export function assemble(options: KubeletOptions, facts: AssemblyFacts): PodDependencies {
  return new KubeletParts(options, facts);
}

const internHostIps = createInterner<readonly string[]>();

/**
 * A class, because thousands of kubelets of one process have one each: what is a part's own is a field, and what it was told is not
 * told again to each of its parts, which see what they need through this.
 */
class KubeletParts
  implements
    PodDependencies,
    PodVolumesOptions,
    ImagePullerOptions,
    PodCertificatesOptions,
    ProbeManagerOptions,
    StatusWriterOptions
{
  readonly #options: KubeletOptions;
  readonly #facts: AssemblyFacts;
  readonly paths: KubeletPaths;
  readonly hostIps: readonly string[];
  readonly objects: ReferencedObjects;
  readonly prober: Prober;
  readonly tokens: ServiceAccountTokens;
  readonly certificates: PodCertificates;
  readonly trust: TrustBundles;
  readonly cache: RuntimeCache;
  readonly puller: ImagePuller;
  readonly volumes: PodVolumes;
  readonly probes: ProbeManager;
  readonly hooks: HookRunner;
  readonly statuses: StatusWriter;
  readonly crashBackoff: KeyedBackoff;

  constructor(options: KubeletOptions, facts: AssemblyFacts) {
    const { client, clock, runtime, ownLabels, nodeAddresses, host } = options;
    this.#options = options;
    this.#facts = facts;
    this.paths = kubeletPaths(options.dataDirectory);
    const internal = nodeAddresses.filter(({ type }) => type === "InternalIP");
    this.hostIps = internHostIps(internal.map(({ address }) => address));
    this.objects = options.objects ?? createReferencedObjects(client);
    this.prober = options.prober ?? createContainerProber(runtime.runtime);
    this.tokens = options.tokens ?? createServiceAccountTokens(client, clock);
    this.certificates = createPodCertificates(this);
    this.trust = createTrustBundles(client);
    this.cache = createRuntimeCache({
      runtime: runtime.runtime,
      ownLabels,
      terminationMessage: (status) => terminationMessage(status, host.files),
      onChange: (uid) => facts.wake(uid),
    });
    this.puller = createImagePuller(this);
    this.volumes = createPodVolumes(this);
    this.probes = createProbeManager(this);
    this.hooks = createHookRunner(runtime.runtime, clock);
    this.statuses = createStatusWriter(this);
    this.crashBackoff = new KeyedBackoff(clock, CRASH_BACKOFF);
  }

  get client() {
    return this.#options.client;
  }

  get events() {
    return this.#options.events;
  }

  get clock() {
    return this.#options.clock;
  }

  get random() {
    return this.#options.random;
  }

  get log() {
    return this.#options.log;
  }

  get runtime() {
    return this.#options.runtime;
  }

  get images() {
    return this.#options.runtime.images;
  }

  get runtimeName() {
    return this.#facts.runtimeName;
  }

  get files() {
    return this.#options.host.files;
  }

  get cgroups() {
    return this.#options.host.cgroups;
  }

  get nodeMemoryBytes() {
    return this.#facts.host.memoryBytes;
  }

  get nodeName() {
    return this.#options.nodeName;
  }

  get ownLabels() {
    return this.#options.ownLabels;
  }

  get clusterDns() {
    return this.#options.clusterDns;
  }

  get clusterDomain() {
    return this.#options.clusterDomain;
  }

  get turns() {
    return this.#options.statusTurns;
  }

  services(): readonly ServiceFacts[] {
    return this.#facts.informers.services.list();
  }

  hostDns() {
    return this.#options.host.dnsConfig();
  }

  hostsFile() {
    return this.#options.host.hostsFile();
  }

  nodeUid(): string | undefined {
    return this.#facts.informers.node.get(this.nodeName)?.metadata?.uid;
  }

  onOutcome(podUid: string): void {
    this.#facts.wake(podUid);
  }

  onChange(podUid: string): void {
    this.#facts.wake(podUid);
  }

  fields(pod: Pod): FieldFacts {
    const { hostIps, nodeName, cache } = this;
    return {
      nodeName,
      hostIps,
      podIps: pod.spec?.hostNetwork === true ? hostIps : (readySandbox(cache.get(identityOf(pod).uid))?.ips ?? []),
      allocatable: allocatableAmounts(this.#facts.host, this.#options.maxPods ?? DEFAULT_MAX_PODS),
    };
  }
}
