import type { NodeStatus } from "../../api/generated/core/v1.ts";
import { formatTime } from "../../base/clock.ts";
import type { Image, RuntimeVersion } from "../cri/state.ts";
import type { HostFacts } from "../host/host.ts";
import type { KubeletOptions } from "../kubelet-options.ts";
import type { PodLifecycle } from "../pods/pleg.ts";
import { nodeTeller } from "./node-events.ts";
import type { NodeReporterOptions } from "./node-reporter.ts";
import { nodeStatus } from "./node-status.ts";
import { readinessProblems } from "./readiness.ts";

export const DEFAULT_MAX_PODS = 110;

export interface NodeReporting {
  readonly options: NodeReporterOptions;
  /** Resolves when the API knows that the node is ready. */
  readonly ready: Promise<void>;
  /** What keeps the node from being ready, as of the last look. */
  problems(): string[];
}

/** How this kubelet reports its node. */
export function createNodeReporting(
  kubelet: KubeletOptions,
  about: {
    facts: HostFacts;
    version: RuntimeVersion;
    lifecycle: PodLifecycle;
    signal: AbortSignal;
    /** What the node is short of. */
    pressures(): readonly string[];
  },
): NodeReporting {
  const { clock, runtime } = kubelet;
  const { facts, version, lifecycle, signal } = about;
  const ready = Promise.withResolvers<void>();
  let problems = ["the kubelet is starting"];
  let told: { readonly status?: NodeStatus; readonly from: readonly unknown[] } = { from: [] };
  return {
    ready: ready.promise,
    problems: () => problems,
    options: {
      ...kubelet,
      facts,
      labels: kubelet.nodeLabels ?? {},
      taints: kubelet.nodeTaints,
      signal,
      onReady: ready.resolve,
      tell: kubelet.tellsOfNode === false ? () => {} : nodeTeller(kubelet.nodeName, kubelet.events),
      status: async (before, isDue) => {
        problems = await readinessProblems(runtime.runtime, { clock, lifecycle });
        const images = await runtime.images.listImages().catch(() => undefined);
        const seen = [...problems, "", ...about.pressures(), "", ...(images ?? [undefined])];
        // What the last status was worked out from is as it was: so is the status.
        if (!isDue && before === told.status && isSame(seen, told.from)) return before;
        const input = { facts, version, before, problems, pressures: about.pressures(), images };
        const status = currentStatus(kubelet, input);
        told = { status, from: seen };
        return status;
      },
    },
  };
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((fact, index) => fact === other[index]);
}

/** What the node is now; images that cannot be listed are left as they were. */
function currentStatus(
  { clock, nodeAddresses, serverPort, maxPods = DEFAULT_MAX_PODS, kubeletVersion }: KubeletOptions,
  input: {
    facts: HostFacts;
    version: RuntimeVersion;
    before: NodeStatus;
    problems: readonly string[];
    pressures: readonly string[];
    images: readonly Image[] | undefined;
  },
): NodeStatus {
  const { facts, version, before, problems, pressures, images } = input;
  const status = nodeStatus({
    facts,
    pressures,
    before,
    problems,
    images: images ?? [],
    addresses: nodeAddresses,
    serverPort,
    maxPods,
    kubeletVersion,
    runtimeVersion: `${version.runtimeName}://${version.runtimeVersion}`,
    now: formatTime(clock.now()),
  });
  return images === undefined ? { ...status, images: before.images ?? [] } : status;
}
