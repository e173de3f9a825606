import type { ContainerFilter, ListFilter, RuntimeService } from "../runtime.ts";
import type { ContainerEvent, ContainerEventType, RuntimeVersion } from "../state.ts";
import type { Channel } from "./channel.ts";
import {
  configToWire,
  containerFromWire,
  containerStatusFromWire,
  handlerFromWire,
  sandboxFromWire,
  sandboxStatusFromWire,
  statsFromWire,
  type WireContainer,
  type WireContainerStatus,
  type WireSandbox,
  type WireStats,
  type WireStatus,
} from "./convert.ts";
import { ignoreNotFound } from "./errors.ts";

/** Upstream's runtimeRequestTimeout. */
const DEADLINE_MS = 120_000;
/** Sandboxes wait for their network: upstream gives them twice as long. */
const SANDBOX_DEADLINE_MS = 240_000;
/** What StopContainer and ExecSync get beyond their own timeout. */
const GRACE_MS = 60_000;

/** The runtime half of CRI v1 on a gRPC channel. */
export function grpcRuntimeService(channel: Channel): RuntimeService {
  const call = <T>(method: string, request: unknown, deadlineMs = DEADLINE_MS): Promise<T> =>
    channel.call<T>(method, request, { deadlineMs });
  const url = async (method: string, request: unknown) => (await call<{ url: string }>(method, request)).url;
  return {
    version: () => call<RuntimeVersion>("Version", { version: "v1" }),
    status: async (options = {}) => {
      const { status, info, runtimeHandlers, features } = await call<WireStatus>("Status", options);
      return {
        conditions: status.conditions,
        info,
        ...(runtimeHandlers.length > 0 && { handlers: runtimeHandlers.map(handlerFromWire) }),
        ...(features && { features }),
      };
    },

    runPodSandbox: async (config, options = {}) => {
      const request = { config: configToWire(config), runtimeHandler: options.runtimeHandler ?? "" };
      return (await call<{ podSandboxId: string }>("RunPodSandbox", request, SANDBOX_DEADLINE_MS)).podSandboxId;
    },
    stopPodSandbox: (podSandboxId) => ignoreNotFound(call("StopPodSandbox", { podSandboxId }, SANDBOX_DEADLINE_MS)),
    removePodSandbox: (podSandboxId) => ignoreNotFound(call("RemovePodSandbox", { podSandboxId })),
    podSandboxStatus: async (podSandboxId) =>
      sandboxStatusFromWire((await call<{ status: WireSandbox }>("PodSandboxStatus", { podSandboxId })).status),
    listPodSandboxes: async (filter) =>
      (await call<{ items: WireSandbox[] }>("ListPodSandbox", { filter: filterToWire(filter) })).items.map(
        sandboxFromWire,
      ),

    createContainer: async (podSandboxId, config, sandboxConfig) => {
      const request = {
        podSandboxId,
        config: configToWire(config),
        sandboxConfig: configToWire(sandboxConfig),
      };
      return (await call<{ containerId: string }>("CreateContainer", request)).containerId;
    },
    startContainer: async (containerId) => void (await call("StartContainer", { containerId })),
    stopContainer: (containerId, timeoutSeconds) =>
      ignoreNotFound(
        call("StopContainer", { containerId, timeout: timeoutSeconds }, timeoutSeconds * 1000 + DEADLINE_MS),
      ),
    removeContainer: (containerId) => ignoreNotFound(call("RemoveContainer", { containerId })),
    listContainers: async (filter) =>
      (await call<{ containers: WireContainer[] }>("ListContainers", { filter: filterToWire(filter) })).containers.map(
        containerFromWire,
      ),
    containerStatus: async (containerId) =>
      containerStatusFromWire((await call<{ status: WireContainerStatus }>("ContainerStatus", { containerId })).status),
    updateContainerResources: async (containerId, resources) =>
      void (await call("UpdateContainerResources", { containerId, linux: resources })),
    reopenContainerLog: async (containerId) => void (await call("ReopenContainerLog", { containerId })),

    execSync: (containerId, command, timeoutSeconds) =>
      call(
        "ExecSync",
        { containerId, cmd: command, timeout: timeoutSeconds },
        timeoutSeconds === 0 ? 0 : timeoutSeconds * 1000 + GRACE_MS,
      ),
    exec: ({ command, ...request }) => url("Exec", { ...request, cmd: command }),
    attach: (request) => url("Attach", request),
    portForward: (podSandboxId, port) => url("PortForward", { podSandboxId, port }),

    containerStats: async (containerId) =>
      statsFromWire((await call<{ stats: WireStats }>("ContainerStats", { containerId })).stats),
    listContainerStats: async (filter) =>
      (await call<{ stats: WireStats[] }>("ListContainerStats", { filter: filterToWire(filter) })).stats.map(
        statsFromWire,
      ),
    updateRuntimeConfig: async ({ podCidr }) =>
      void (await call("UpdateRuntimeConfig", { runtimeConfig: { networkConfig: { podCidr } } })),
    containerEvents: (signal) => containerEvents(channel, signal),
  };
}

function filterToWire(filter: (ListFilter & ContainerFilter) | undefined): unknown {
  if (filter === undefined) return undefined;
  return { id: filter.id, podSandboxId: filter.podSandboxId, labelSelector: filter.labels };
}

const EVENT_TYPES: Readonly<Record<string, ContainerEventType>> = {
  CONTAINER_CREATED_EVENT: "created",
  CONTAINER_STARTED_EVENT: "started",
  CONTAINER_STOPPED_EVENT: "stopped",
  CONTAINER_DELETED_EVENT: "deleted",
};

async function* containerEvents(channel: Channel, signal: AbortSignal): AsyncGenerator<ContainerEvent> {
  type Wire = { containerId: string; containerEventType: string };
  for await (const event of channel.stream<Wire>("GetContainerEvents", {}, signal)) {
    const type = EVENT_TYPES[event.containerEventType];
    if (type !== undefined) yield { containerId: event.containerId, type };
  }
}
