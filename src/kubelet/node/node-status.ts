import { setCondition } from "../../api/conditions.ts";
import type { ContainerImage, Node, NodeAddress, NodeCondition, NodeStatus } from "../../api/generated/core/v1.ts";
import { aggregate } from "../../api/go-text.ts";
import { formatQuantity, quantityOf } from "../../api/quantity.ts";
import { createInterner } from "../../base/intern.ts";
import type { Image } from "../cri/state.ts";
import type { HostFacts } from "../host/host.ts";

export interface NodeStatusInput {
  readonly facts: HostFacts;
  /** What the node is short of: MemoryPressure and the like. */
  readonly pressures: readonly string[];
  readonly addresses: readonly NodeAddress[];
  readonly serverPort: number;
  readonly maxPods: number;
  /** `containerd://1.7.2`. */
  readonly runtimeVersion: string;
  readonly kubeletVersion: string;
  readonly images: readonly Image[];
  /** The ways to run pods here, and what the runtime can; absent where it does not tell. */
  readonly abilities?: Pick<NodeStatus, "runtimeHandlers" | "features">;
  /** Why the node is not ready; empty when it is. */
  readonly problems: readonly string[];
  /** RFC 3339. */
  readonly now: string;
  readonly before: NodeStatus;
}

/** Upstream's default hard eviction thresholds. */
const MEMORY_RESERVED_BYTES = 100 * 1024 * 1024;
const DISK_RESERVED_FRACTION = 0.1;
const MAX_IMAGES = 50;
const MAX_IMAGE_NAMES = 5;

/** Of very many simulated nodes that are alike, and report in the same second. */
const internResources = createInterner<Record<string, string>>();
const internCondition = createInterner<NodeCondition>();
const internEndpoints = createInterner<NonNullable<NodeStatus["daemonEndpoints"]>>();

/** The status that a node shows. Pure; heartbeat times are `now`, transition times are kept where nothing changed. */
export function nodeStatus(input: NodeStatusInput): NodeStatus {
  const { facts } = input;
  return {
    capacity: internResources(resourceList(input, "capacity")),
    allocatable: internResources(resourceList(input, "allocatable")),
    conditions: conditions(input).map(internCondition),
    addresses: [...input.addresses],
    daemonEndpoints: internEndpoints({ kubeletEndpoint: { Port: input.serverPort } }),
    nodeInfo: {
      machineID: facts.machineId,
      systemUUID: facts.systemUuid,
      bootID: facts.bootId,
      kernelVersion: facts.kernelVersion,
      osImage: facts.osImage,
      containerRuntimeVersion: input.runtimeVersion,
      kubeletVersion: input.kubeletVersion,
      kubeProxyVersion: "",
      operatingSystem: facts.operatingSystem,
      architecture: facts.architecture,
    },
    images: imageList(input.images),
    ...input.abilities,
  };
}

/** What the node has for pods in base units: cpu in thousandths. */
export function allocatableAmounts(facts: HostFacts, maxPods: number): Record<string, number> {
  return {
    cpu: facts.cpus * 1000,
    memory: Math.max(0, facts.memoryBytes - MEMORY_RESERVED_BYTES),
    "ephemeral-storage": Math.floor(facts.ephemeralStorageBytes * (1 - DISK_RESERVED_FRACTION)),
    pods: maxPods,
  };
}

function resourceList({ facts, maxPods }: NodeStatusInput, of: "capacity" | "allocatable"): Record<string, string> {
  const amounts = allocatableAmounts(facts, maxPods);
  const isCapacity = of === "capacity";
  const storage = facts.ephemeralStorageBytes;
  return {
    cpu: String(facts.cpus),
    "ephemeral-storage": isCapacity ? kibibytes(storage) : String(amounts["ephemeral-storage"]),
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    memory: kibibytes(isCapacity ? facts.memoryBytes : amounts.memory!),
    pods: String(maxPods),
  };
}

function kibibytes(bytes: number): string {
  return formatQuantity(quantityOf(Math.floor(bytes / 1024) * 1024, "BinarySI"));
}

function conditions(input: NodeStatusInput): NodeCondition[] {
  const { before, now } = input;
  return verdicts(input).map((verdict) => {
    const known = before.conditions?.find(({ type }) => type === verdict.type);
    const [condition] = setCondition<NodeCondition>(known && [known], { ...verdict, lastHeartbeatTime: now }, now);
    return condition!;
  });
}

type Verdict = { type: string; status: string; reason: string; message: string };

function verdicts({ pressures, problems }: NodeStatusInput): Verdict[] {
  return [
    pressures.includes("MemoryPressure")
      ? pressure("MemoryPressure", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available")
      : relief("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    pressures.includes("DiskPressure")
      ? pressure("DiskPressure", "KubeletHasDiskPressure", "kubelet has disk pressure")
      : relief("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    pressures.includes("PIDPressure")
      ? pressure("PIDPressure", "KubeletHasInsufficientPID", "kubelet has insufficient PID available")
      : relief("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    problems.length === 0
      ? { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
      : { type: "Ready", status: "False", reason: "KubeletNotReady", message: aggregate(problems) },
  ];
}

const pressure = (type: string, reason: string, message: string): Verdict => ({
  type,
  status: "True",
  reason,
  message,
});
const relief = (type: string, reason: string, message: string): Verdict => ({ type, status: "False", reason, message });

function imageList(images: readonly Image[]): ContainerImage[] {
  return images
    .map(({ repoDigests, repoTags, sizeBytes }) => ({
      names: [...repoDigests, ...repoTags].slice(0, MAX_IMAGE_NAMES),
      sizeBytes,
    }))
    .filter(({ names }) => names.length > 0)
    .sort((one, other) => other.sizeBytes - one.sizeBytes || (one.names[0]! < other.names[0]! ? -1 : 1))
    .slice(0, MAX_IMAGES);
}

/** The object that a kubelet registers itself with. */
export function newNode(
  name: string,
  {
    facts,
    labels,
    taints = [],
    podCidr,
  }: {
    facts: HostFacts;
    labels: Readonly<Record<string, string>>;
    taints?: NonNullable<Node["spec"]>["taints"];
    podCidr?: string | undefined;
  },
): Node {
  return {
    metadata: {
      name,
      labels: { ...nodeLabels(name, facts), ...labels },
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    spec: {
      ...(podCidr !== undefined && { podCIDR: podCidr, podCIDRs: [podCidr] }),
      ...(taints.length > 0 && { taints }),
    },
  };
}

export function nodeLabels(name: string, { operatingSystem, architecture }: HostFacts): Record<string, string> {
  return {
    "beta.kubernetes.io/arch": architecture,
    "beta.kubernetes.io/os": operatingSystem,
    "kubernetes.io/arch": architecture,
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": operatingSystem,
  };
}
