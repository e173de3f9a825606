import { type Clock, sleep } from "../../../base/clock.ts";
import { flatText } from "../../../base/flat-text.ts";
import { createInterner } from "../../../base/intern.ts";
import type { Random } from "../../../base/random.ts";
import { TERMINATION_MESSAGE_FILE_ANNOTATION } from "../../labels.ts";
import type { ContainerConfig, LinuxContainerResources, PodSandboxConfig, PodSandboxMetadata } from "../config.ts";
import {
  type ContainerFilter,
  type ContainerRuntime,
  type ImageService,
  type ListFilter,
  RuntimeError,
  type RuntimeService,
} from "../runtime.ts";
import type {
  Container,
  ContainerEvent,
  ContainerStats,
  ContainerStatus,
  ExecSyncResult,
  PodSandboxStatus,
  RuntimeStatus,
} from "../state.ts";
import { AddressPool } from "./addresses.ts";
import { ContainerEvents } from "./container-events.ts";
import { SimulatedImages } from "./images.ts";
import { DEFAULT_RULES, type SimulationRules } from "./rules.ts";
import { type ContainerWorld, SimulatedContainer } from "./simulated-container.ts";

/** As measured with containerd. */
const START_MS = 40;

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Default 10.244.0.0/24. */
  readonly podCidr?: string;
  readonly rules?: Partial<SimulationRules>;
}

/** A runtime in memory: no process runs, but time passes and things end and fail as the rules say. */
export function createSimulatedRuntime(options: SimulatedRuntimeOptions): ContainerRuntime {
  const rules = options.rules === undefined ? DEFAULT_RULES : completed(options.rules);
  return new SimulatedRuntime(options, rules);
}

/** Those of thousands of nodes are the same object, and need one copy with what they leave out. */
const completedRules = new WeakMap<Partial<SimulationRules>, SimulationRules>();

function completed(rules: Partial<SimulationRules>): SimulationRules {
  let all = completedRules.get(rules);
  if (all === undefined) {
    all = { ...DEFAULT_RULES, ...rules };
    completedRules.set(rules, all);
  }
  return all;
}

const STATUS: RuntimeStatus = {
  conditions: ["RuntimeReady", "NetworkReady"].map((type) => ({ type, status: true, reason: "", message: "" })),
  info: {},
};

/** A class, as are its parts, because thousands of nodes of one process have one each: a closure a call would be most of a node. */
class SimulatedRuntime implements ContainerRuntime, RuntimeService, ContainerWorld {
  readonly clock: Clock;
  readonly images: ImageService;
  readonly #random: Random;
  readonly #rules: SimulationRules;
  readonly #sandboxes = new Map<string, PodSandboxStatus>();
  readonly #containers = new Map<string, SimulatedContainer>();
  #listeners: readonly ContainerEvents[] = [];
  #addresses: AddressPool;

  constructor({ clock, random, podCidr = "10.244.0.0/24" }: SimulatedRuntimeOptions, rules: SimulationRules) {
    this.clock = clock;
    this.#random = random;
    this.#rules = rules;
    this.images = new SimulatedImages(clock, rules);
    this.#addresses = new AddressPool(podCidr);
  }

  get runtime(): RuntimeService {
    return this;
  }

  async close(): Promise<void> {
    for (const listener of this.#listeners) listener.end();
  }

  async version() {
    return { runtimeName: "simulated", runtimeVersion: "1.0.0", runtimeApiVersion: "v1" };
  }

  async status(): Promise<RuntimeStatus> {
    return STATUS;
  }

  async updateRuntimeConfig({ podCidr }: { podCidr: string }): Promise<void> {
    this.#addresses = new AddressPool(podCidr);
  }

  containerEvents(signal: AbortSignal): AsyncIterable<ContainerEvent> {
    const listener = new ContainerEvents((ended) => {
      signal.removeEventListener("abort", end);
      this.#listeners = this.#listeners.filter((each) => each !== ended);
    });
    const end = () => listener.end();
    this.#listeners = [...this.#listeners, listener];
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
    return listener;
  }

  containerEnded(id: string): void {
    this.#tell({ containerId: id, type: "stopped" });
  }

  #tell(event: ContainerEvent): void {
    for (const listener of this.#listeners) listener.push(event);
  }

  async runPodSandbox(config: PodSandboxConfig): Promise<string> {
    const { metadata, labels, linux } = config;
    for (const other of this.#sandboxes.values()) {
      if (!isSame(other.metadata, metadata)) continue;
      throw new RuntimeError("AlreadyExists", `a sandbox named ${JSON.stringify(metadata)} exists`);
    }
    const id = newId(this.#random);
    const addresses = this.#addresses;
    const ips = linux.securityContext.namespaceOptions.network === "NODE" ? [] : [addresses.take()];
    const annotations = internAnnotations(config.annotations);
    const createdAtMs = this.clock.now();
    const status = { id, metadata, createdAtMs, labels, annotations, ips, state: "SANDBOX_READY" } as const;
    this.#sandboxes.set(id, { ...status, state: "SANDBOX_NOTREADY" });
    const { durationMs, error } = this.#rules.sandbox(config);
    await sleep(this.clock, durationMs);
    if (error !== undefined) {
      for (const ip of ips) addresses.give(ip);
      this.#sandboxes.delete(id);
      throw new RuntimeError("Unknown", error);
    }
    this.#sandboxes.set(id, status);
    return id;
  }

  async stopPodSandbox(id: string): Promise<void> {
    if (this.#sandboxes.get(id)?.state !== "SANDBOX_READY") return;
    await Promise.all(this.#inside(id).map((container) => container.stop(0)));
    await sleep(this.clock, this.#rules.stopSandboxMs);
    const sandbox = this.#sandboxes.get(id);
    // Somebody else may have stopped or removed it meanwhile.
    if (sandbox?.state !== "SANDBOX_READY") return;
    for (const ip of sandbox.ips) this.#addresses.give(ip);
    this.#sandboxes.set(id, { ...sandbox, state: "SANDBOX_NOTREADY", ips: [] });
    this.#tell({ containerId: id, type: "stopped" });
  }

  async removePodSandbox(id: string): Promise<void> {
    await this.stopPodSandbox(id);
    for (const { status } of this.#inside(id)) this.#containers.delete(status.id);
    this.#sandboxes.delete(id);
  }

  #inside(sandboxId: string): SimulatedContainer[] {
    return [...this.#containers.values()].filter(({ status }) => status.podSandboxId === sandboxId);
  }

  async podSandboxStatus(id: string): Promise<PodSandboxStatus> {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) throw new RuntimeError("NotFound", `sandbox "${id}": not found`);
    return sandbox;
  }

  async listPodSandboxes(filter?: ListFilter): Promise<PodSandboxStatus[]> {
    return [...this.#sandboxes.values()].filter((item) => matches(item, filter));
  }

  async createContainer(podSandboxId: string, config: ContainerConfig, told: PodSandboxConfig): Promise<string> {
    const sandbox = this.#sandboxes.get(podSandboxId);
    if (sandbox === undefined) throw new RuntimeError("NotFound", `sandbox "${podSandboxId}": not found`);
    const { image } = config.image;
    if ((await this.images.imageStatus(image)) === undefined)
      throw new RuntimeError("NotFound", `image "${image}": not found`);
    for (const { image: mounted } of config.mounts) {
      if (mounted === undefined || (await this.images.imageStatus(mounted.image)) !== undefined) continue;
      throw new RuntimeError("NotFound", `ImageVolumeMountFailed: image "${mounted.image}": not found`);
    }
    this.#refuseSecond(podSandboxId, config);
    const id = newId(this.#random);
    const status = createdStatus({ id, podSandboxId, createdAtMs: this.clock.now() }, config, told.logDirectory);
    this.#containers.set(id, new SimulatedContainer(status, this.#rules.behave(config, sandbox), this));
    await sleep(this.clock, this.#rules.createContainerMs);
    return id;
  }

  #refuseSecond(podSandboxId: string, { metadata }: ContainerConfig): void {
    for (const { status } of this.#containers.values()) {
      const { name, attempt } = status.metadata;
      if (status.podSandboxId !== podSandboxId || name !== metadata.name || attempt !== metadata.attempt) continue;
      throw new RuntimeError("AlreadyExists", `a container named ${name} with attempt ${attempt} exists`);
    }
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#known(id);
    if (container.status.state !== "CONTAINER_CREATED") {
      throw new RuntimeError("Unknown", `container "${id}" is not in created state`);
    }
    if (!this.#sandboxes.has(container.status.podSandboxId))
      throw new RuntimeError("NotFound", `the sandbox of container "${id}" is gone`);
    const { startMs = START_MS, startError } = container.behaviour;
    await sleep(this.clock, startMs);
    if (startError !== undefined) {
      container.failToStart(startError);
      throw new RuntimeError("Unknown", startError);
    }
    container.start();
    this.#tell({ containerId: id, type: "started" });
  }

  async stopContainer(id: string, timeoutSeconds: number): Promise<void> {
    await this.#containers.get(id)?.stop(timeoutSeconds * 1000);
  }

  async removeContainer(id: string): Promise<void> {
    await this.#containers.get(id)?.stop(0);
    this.#containers.delete(id);
  }

  async listContainers(filter?: ContainerFilter): Promise<Container[]> {
    const found: Container[] = [];
    for (const { status } of this.#containers.values()) if (matches(status, filter)) found.push(status);
    return found;
  }

  async containerStatus(id: string): Promise<ContainerStatus> {
    return this.#known(id).status;
  }

  #known(id: string): SimulatedContainer {
    const container = this.#containers.get(id);
    if (container === undefined) throw new RuntimeError("NotFound", `container "${id}": not found`);
    return container;
  }

  async execSync(id: string, command: readonly string[]): Promise<ExecSyncResult> {
    const { status } = this.#known(id);
    if (!isRunning(status)) throw new RuntimeError("Unknown", `container "${id}" is not running`);
    const { exitCode, output } = this.#rules.exec(status, command);
    return { exitCode, stdout: Buffer.from(output), stderr: Buffer.alloc(0) };
  }

  async exec(): Promise<never> {
    throw noProcess("exec");
  }

  async attach(): Promise<never> {
    throw noProcess("attach");
  }

  async portForward(): Promise<never> {
    throw noProcess("port-forward");
  }

  async containerStats(id: string): Promise<ContainerStats> {
    return statsOf(this.#known(id).status);
  }

  async listContainerStats(filter?: ContainerFilter): Promise<ContainerStats[]> {
    const all = [...this.#containers.values()].map(({ status }) => status);
    return all.filter((status) => isRunning(status) && matches(status, filter)).map(statsOf);
  }

  async updateContainerResources(id: string, resources: LinuxContainerResources): Promise<void> {
    const container = this.#known(id);
    const error = this.#rules.update?.(container.status, resources);
    if (error !== undefined) throw new RuntimeError("Unknown", error);
    container.update(resources);
  }

  async reopenContainerLog(id: string): Promise<void> {
    this.#known(id);
  }
}

function newId(random: Random): string {
  return random.bytes(32).toString("hex");
}

function isSame(one: PodSandboxMetadata, other: PodSandboxMetadata): boolean {
  return (
    one.uid === other.uid &&
    one.attempt === other.attempt &&
    one.name === other.name &&
    one.namespace === other.namespace
  );
}

function matches(
  item: { id: string; podSandboxId?: string; labels: Readonly<Record<string, string>> },
  { id, podSandboxId, labels = {} }: ContainerFilter = {},
): boolean {
  if (id !== undefined && item.id !== id) return false;
  if (podSandboxId !== undefined && item.podSandboxId !== podSandboxId) return false;
  return Object.entries(labels).every(([key, value]) => item.labels[key] === value);
}

/** Containers of one workload differ in their labels alone: nobody writes a termination message, so that it needs no file. */
function createdStatus(
  { id, podSandboxId, createdAtMs }: { id: string; podSandboxId: string; createdAtMs: number },
  { metadata, image, labels, annotations, logPath, linux }: ContainerConfig,
  logDirectory: string,
) {
  const { [TERMINATION_MESSAGE_FILE_ANNOTATION]: _, ...noted } = annotations;
  // In one piece, so that none of its fields lies outside of it.
  return {
    id,
    podSandboxId,
    createdAtMs,
    metadata: internMetadata(metadata),
    image: internText(image.userSpecifiedImage || image.image),
    imageRef: internText(image.image),
    state: "CONTAINER_CREATED",
    startedAtMs: 0,
    finishedAtMs: 0,
    exitCode: 0,
    reason: "",
    message: "",
    labels,
    annotations: internAnnotations(noted),
    logPath: flatText(`${logDirectory}/${logPath}`),
    resources: internResources(linux.resources),
  } as const;
}

const internText = createInterner<string>();
const internResources = createInterner<LinuxContainerResources>();
const internMetadata = createInterner<ContainerStatus["metadata"]>();
const internAnnotations = createInterner<Readonly<Record<string, string>>>();

function isRunning({ state }: ContainerStatus): boolean {
  return state === "CONTAINER_RUNNING";
}

function statsOf({ id, labels }: ContainerStatus): ContainerStats {
  return { id, labels };
}

function noProcess(what: string): RuntimeError {
  return new RuntimeError("Unimplemented", `the simulated runtime runs no processes, so that there is no ${what}`);
}
