import { AsyncQueue } from "../../../base/async-queue.ts";
import { type Clock, sleep } from "../../../base/clock.ts";
import { createInterner } from "../../../base/intern.ts";
import type { Random } from "../../../base/random.ts";
import { TERMINATION_MESSAGE_FILE_ANNOTATION } from "../../labels.ts";
import type { ContainerConfig, PodSandboxMetadata } from "../config.ts";
import { type ContainerFilter, type ContainerRuntime, RuntimeError, type RuntimeService } from "../runtime.ts";
import type { ContainerEvent, PodSandboxStatus } from "../state.ts";
import { type AddressPool, createAddressPool } from "./addresses.ts";
import { simulatedImages } from "./images.ts";
import { DEFAULT_RULES, type KeptContainer, type KeptSandbox, type SimulationRules } from "./rules.ts";
import { SimulatedContainer } from "./simulated-container.ts";

const EVENT_CAPACITY = 10_000;
const SUBSCRIBED: ContainerEvent = { type: "subscribed" };
/** As measured with containerd. */
const START_MS = 40;

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Default 10.244.0.0/24. */
  readonly podCidr?: string;
  readonly rules?: Partial<SimulationRules>;
}

interface Sandbox {
  status: PodSandboxStatus;
  readonly config: KeptSandbox;
}

interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly rules: SimulationRules;
  readonly sandboxes: Map<string, Sandbox>;
  readonly containers: Map<string, SimulatedContainer>;
  readonly listeners: Set<AsyncQueue<ContainerEvent>>;
  addresses: AddressPool;
}

/** A runtime in memory: no process runs, but time passes and things end and fail as the rules say. */
export function createSimulatedRuntime(options: SimulatedRuntimeOptions): ContainerRuntime {
  const rules: SimulationRules = { ...DEFAULT_RULES, ...options.rules };
  const images = simulatedImages(options.clock, rules);
  const world: World = {
    ...options,
    rules,
    sandboxes: new Map(),
    containers: new Map(),
    listeners: new Set(),
    addresses: createAddressPool(options.podCidr ?? "10.244.0.0/24"),
  };
  const runtime: RuntimeService = {
    version: async () => ({ runtimeName: "simulated", runtimeVersion: "1.0.0", runtimeApiVersion: "v1" }),
    status: async () => ({
      conditions: ["RuntimeReady", "NetworkReady"].map((type) => ({ type, status: true, reason: "", message: "" })),
      info: {},
    }),
    ...sandboxCalls(world),
    ...containerCalls(world, async (image) => {
      if ((await images.imageStatus(image)) === undefined)
        throw new RuntimeError("NotFound", `image "${image}": not found`);
    }),
    ...processCalls(world),
    async updateRuntimeConfig({ podCidr }) {
      world.addresses = createAddressPool(podCidr);
    },
    containerEvents: (signal) => follow(world, signal),
  };
  const close = async () => {
    for (const listener of world.listeners) listener.end();
  };
  return { runtime, images, close };
}

function tell(world: World, event: ContainerEvent): void {
  for (const listener of world.listeners) listener.push(event);
}

async function* follow(world: World, signal: AbortSignal): AsyncGenerator<ContainerEvent> {
  const queue = new AsyncQueue<ContainerEvent>(EVENT_CAPACITY);
  const end = () => queue.end();
  if (signal.aborted) end();
  signal.addEventListener("abort", end);
  world.listeners.add(queue);
  try {
    yield SUBSCRIBED;
    yield* queue;
  } finally {
    signal.removeEventListener("abort", end);
    world.listeners.delete(queue);
  }
}

function newId(world: World): string {
  return world.random.bytes(32).toString("hex");
}

type SandboxCalls = Pick<
  RuntimeService,
  "runPodSandbox" | "stopPodSandbox" | "removePodSandbox" | "podSandboxStatus" | "listPodSandboxes"
>;

function sandboxCalls(world: World): SandboxCalls {
  const { clock, rules, sandboxes, containers } = world;
  const isSame = (one: PodSandboxMetadata, other: PodSandboxMetadata): boolean =>
    one.uid === other.uid &&
    one.attempt === other.attempt &&
    one.name === other.name &&
    one.namespace === other.namespace;
  const inside = (id: string) => [...containers.values()].filter(({ podSandboxId }) => podSandboxId === id);
  async function stop(id: string): Promise<void> {
    const sandbox = sandboxes.get(id);
    if (sandbox === undefined || sandbox.status.state === "SANDBOX_NOTREADY") return;
    await Promise.all(inside(id).map((container) => container.stop(0)));
    await sleep(clock, rules.stopSandboxMs);
    for (const ip of sandbox.status.ips) world.addresses.give(ip);
    sandbox.status = { ...sandbox.status, state: "SANDBOX_NOTREADY", ips: [] };
    tell(world, { containerId: id, type: "stopped" });
  }
  return {
    async runPodSandbox(config) {
      const { metadata, logDirectory } = config;
      const kept: KeptSandbox = { metadata, labels: config.labels, logDirectory };
      for (const other of sandboxes.values()) {
        if (!isSame(other.config.metadata, metadata)) continue;
        throw new RuntimeError("AlreadyExists", `a sandbox named ${JSON.stringify(metadata)} exists`);
      }
      const id = newId(world);
      const hostNetwork = config.linux.securityContext.namespaceOptions.network === "NODE";
      const ips = hostNetwork ? [] : [world.addresses.take()];
      const { labels, annotations } = config;
      const status = {
        id,
        metadata,
        createdAtMs: clock.now(),
        labels,
        annotations,
        ips,
        state: "SANDBOX_READY",
      } as const;
      sandboxes.set(id, { config: kept, status: { ...status, state: "SANDBOX_NOTREADY" } });
      const { durationMs, error } = rules.sandbox(config);
      await sleep(clock, durationMs);
      if (error !== undefined) {
        for (const ip of ips) world.addresses.give(ip);
        sandboxes.delete(id);
        throw new RuntimeError("Unknown", error);
      }
      sandboxes.set(id, { config: kept, status });
      return id;
    },
    stopPodSandbox: stop,
    async removePodSandbox(id) {
      await stop(id);
      for (const container of inside(id)) containers.delete(container.id);
      sandboxes.delete(id);
    },
    async podSandboxStatus(id) {
      const sandbox = sandboxes.get(id);
      if (sandbox === undefined) throw new RuntimeError("NotFound", `sandbox "${id}": not found`);
      return sandbox.status;
    },
    listPodSandboxes: async (filter) =>
      [...sandboxes.values()].map(({ status }) => status).filter((item) => matches(item, filter)),
  };
}

function matches(
  item: { id: string; labels: Readonly<Record<string, string>> },
  filter: ContainerFilter = {},
): boolean {
  if (filter.id !== undefined && item.id !== filter.id) return false;
  return Object.entries(filter.labels ?? {}).every(([key, value]) => item.labels[key] === value);
}

type ContainerCalls = Pick<
  RuntimeService,
  "createContainer" | "startContainer" | "stopContainer" | "removeContainer" | "listContainers" | "containerStatus"
>;

function containerCalls(world: World, requireImage: (image: string) => Promise<void>): ContainerCalls {
  const { clock, rules, sandboxes, containers } = world;
  const onEnd = (id: string) => tell(world, { containerId: id, type: "stopped" });
  return {
    async createContainer(podSandboxId, config) {
      const sandbox = sandboxes.get(podSandboxId);
      if (sandbox === undefined) throw new RuntimeError("NotFound", `sandbox "${podSandboxId}": not found`);
      await requireImage(config.image.image);
      refuseSecond(containers, podSandboxId, config);
      const id = newId(world);
      const { logDirectory } = sandbox.config;
      const behaviour = rules.behave(config, sandbox.config);
      const told = { id, podSandboxId, config: keptOf(config), behaviour, logDirectory, clock, onEnd };
      containers.set(id, new SimulatedContainer(told));
      await sleep(clock, rules.createContainerMs);
      return id;
    },
    async startContainer(id) {
      const container = known(world, id);
      if (container.status().state !== "CONTAINER_CREATED") {
        throw new RuntimeError("Unknown", `container "${id}" is not in created state`);
      }
      if (!sandboxes.has(container.podSandboxId))
        throw new RuntimeError("NotFound", `the sandbox of container "${id}" is gone`);
      const { behaviour } = container;
      await sleep(clock, behaviour.startMs ?? START_MS);
      if (behaviour.startError !== undefined) {
        container.failToStart(behaviour.startError);
        throw new RuntimeError("Unknown", behaviour.startError);
      }
      container.start();
      tell(world, { containerId: id, type: "started" });
    },
    stopContainer: async (id, timeoutSeconds) => containers.get(id)?.stop(timeoutSeconds * 1000),
    async removeContainer(id) {
      await containers.get(id)?.stop(0);
      containers.delete(id);
    },
    listContainers: async (filter) =>
      [...containers.values()]
        .filter(({ podSandboxId }) => filter?.podSandboxId === undefined || filter.podSandboxId === podSandboxId)
        .map((container) => ({ ...container.status(), podSandboxId: container.podSandboxId }))
        .filter((item) => matches(item, filter)),
    containerStatus: async (id) => known(world, id).status(),
  };
}

/** Containers of one workload differ in their labels alone: nobody writes a termination message, so that it needs no file. */
function keptOf({ metadata, image, labels, annotations, logPath }: ContainerConfig): KeptContainer {
  const { [TERMINATION_MESSAGE_FILE_ANNOTATION]: _, ...noted } = annotations;
  return {
    metadata: internMetadata(metadata),
    image: internImage(image),
    labels,
    annotations: internAnnotations(noted),
    logPath: internText(logPath),
  };
}

const internText = createInterner<string>();
const internMetadata = createInterner<KeptContainer["metadata"]>();
const internImage = createInterner<KeptContainer["image"]>();
const internAnnotations = createInterner<KeptContainer["annotations"]>();

function known({ containers }: World, id: string): SimulatedContainer {
  const container = containers.get(id);
  if (container === undefined) throw new RuntimeError("NotFound", `container "${id}": not found`);
  return container;
}

function refuseSecond(
  containers: Map<string, SimulatedContainer>,
  podSandboxId: string,
  { metadata }: ContainerConfig,
): void {
  for (const other of containers.values()) {
    const { name, attempt } = other.config.metadata;
    if (other.podSandboxId !== podSandboxId || name !== metadata.name || attempt !== metadata.attempt) continue;
    throw new RuntimeError("AlreadyExists", `a container named ${name} with attempt ${attempt} exists`);
  }
}

type ProcessCalls = Pick<
  RuntimeService,
  | "execSync"
  | "exec"
  | "attach"
  | "portForward"
  | "containerStats"
  | "listContainerStats"
  | "updateContainerResources"
  | "reopenContainerLog"
>;

function processCalls(world: World): ProcessCalls {
  const noProcess = (what: string) => async (): Promise<never> => {
    throw new RuntimeError("Unimplemented", `the simulated runtime runs no processes, so that there is no ${what}`);
  };
  const stats = (container: SimulatedContainer) => ({ id: container.id, labels: container.config.labels });
  const isRunning = (container: SimulatedContainer) => container.status().state === "CONTAINER_RUNNING";
  return {
    async execSync(id, command) {
      const container = known(world, id);
      if (!isRunning(container)) throw new RuntimeError("Unknown", `container "${id}" is not running`);
      const { exitCode, output } = world.rules.exec(container.config, command);
      return { exitCode, stdout: Buffer.from(output), stderr: Buffer.alloc(0) };
    },
    exec: noProcess("exec"),
    attach: noProcess("attach"),
    portForward: noProcess("port-forward"),
    containerStats: async (id) => stats(known(world, id)),
    listContainerStats: async (filter) =>
      [...world.containers.values()]
        .filter((container) => isRunning(container) && matches(stats(container), filter))
        .map(stats),
    updateContainerResources: async (id) => void known(world, id),
    reopenContainerLog: async (id) => void known(world, id),
  };
}
