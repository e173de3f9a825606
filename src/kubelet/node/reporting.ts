import type { NodeStatus } from "../../api/generated/core/v1.ts";
import { formatTime } from "../../base/clock.ts";
import type { RecordedEvent } from "../../client/events.ts";
import type { Image, RuntimeStatus, RuntimeVersion } from "../cri/state.ts";
import type { HostFacts } from "../host/host.ts";
import type { KubeletOptions } from "../kubelet-options.ts";
import type { PodLifecycle } from "../pods/pleg.ts";
import { tellOfNode } from "./node-events.ts";
import type { NodeReporterOptions } from "./node-reporter.ts";
import { nodeStatus } from "./node-status.ts";
import { lookAtReadiness } from "./readiness.ts";

export const DEFAULT_MAX_PODS = 110;

export interface NodeReporting extends NodeReporterOptions {
  /** Resolves when the API knows that the node is ready. */
  readonly ready: Promise<void>;
  /** What keeps the node from being ready, as of the last look. */
  problems(): string[];
}

export interface ReportingFacts {
  readonly facts: HostFacts;
  readonly version: RuntimeVersion;
  readonly lifecycle: PodLifecycle;
  readonly signal: AbortSignal;
  /** What the node is short of. */
  pressures(): readonly string[];
  /** Of the node as it is known here. */
  revision(): string | undefined;
}

/** How this kubelet reports its node. */
export function createNodeReporting(kubelet: KubeletOptions, about: ReportingFacts): NodeReporting {
  return new KubeletReporting(kubelet, about);
}

/** A class, because thousands of kubelets of one process have one each. */
class KubeletReporting implements NodeReporting {
  readonly ready: Promise<void>;
  readonly #kubelet: KubeletOptions;
  readonly #about: ReportingFacts;
  #becomeReady: (() => void) | undefined;
  #problems = ["the kubelet is starting"];
  #told: NodeStatus | undefined;
  /** What that status was worked out from. */
  #from: readonly unknown[] = [];

  constructor(kubelet: KubeletOptions, about: ReportingFacts) {
    this.#kubelet = kubelet;
    this.#about = about;
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
  }

  get client() {
    return this.#kubelet.client;
  }

  get clock() {
    return this.#kubelet.clock;
  }

  get random() {
    return this.#kubelet.random;
  }

  get log() {
    return this.#kubelet.log;
  }

  get nodeName() {
    return this.#kubelet.nodeName;
  }

  get facts() {
    return this.#about.facts;
  }

  get labels() {
    return this.#kubelet.nodeLabels ?? {};
  }

  get taints() {
    return this.#kubelet.nodeTaints;
  }

  get podCidr() {
    return this.#kubelet.podCidr;
  }

  get signal() {
    return this.#about.signal;
  }

  revision(): string | undefined {
    return this.#about.revision();
  }

  problems(): string[] {
    return this.#problems;
  }

  onReady(): void {
    this.#becomeReady?.();
    this.#becomeReady = undefined;
  }

  tell(events: readonly RecordedEvent[]): void {
    const { tellsOfNode, nodeName, events: recorder } = this.#kubelet;
    if (tellsOfNode !== false) tellOfNode(nodeName, recorder, events);
  }

  async status(before: NodeStatus, isDue: boolean): Promise<NodeStatus> {
    const { runtime } = this.#kubelet;
    const { facts, version, lifecycle } = this.#about;
    const { problems, runtime: told } = await lookAtReadiness(runtime.runtime, { clock: this.clock, lifecycle });
    this.#problems = problems.length === 0 ? NO_PROBLEMS : problems;
    const images = await runtime.images.listImages().catch(() => undefined);
    const pressures = this.#about.pressures();
    const abilities = told === undefined ? abilitiesIn(before) : abilitiesOf(told);
    const seen = [...problems, "", ...pressures, "", abilityText(abilities), ...(images ?? [undefined])];
    // What the last status was worked out from is as it was: so is the status.
    if (!isDue && before === this.#told && isSame(seen, this.#from)) return before;
    this.#told = currentStatus(this.#kubelet, {
      ...{ facts, version, before, problems, pressures, images, abilities },
    });
    this.#from = seen;
    return this.#told;
  }
}

const NO_PROBLEMS: string[] = [];

type Abilities = Pick<NodeStatus, "runtimeHandlers" | "features">;
const NO_ABILITIES: Abilities = {};

/** What of the runtime the node's status tells. */
function abilitiesOf({ handlers, features }: RuntimeStatus): Abilities {
  if (handlers === undefined && features === undefined) return NO_ABILITIES;
  const sorted = handlers?.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return { ...(sorted && { runtimeHandlers: sorted }), ...(features && { features }) };
}

/** What was told before holds while the runtime does not answer. */
function abilitiesIn({ runtimeHandlers, features }: NodeStatus): Abilities {
  return { ...(runtimeHandlers && { runtimeHandlers }), ...(features && { features }) };
}

/** Of most simulated nodes there is none to be made. */
function abilityText(abilities: Abilities): string {
  return abilities === NO_ABILITIES ? "" : JSON.stringify(abilities);
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
    abilities: Abilities;
  },
): NodeStatus {
  const { facts, version, before, problems, pressures, images, abilities } = input;
  const status = nodeStatus({
    facts,
    pressures,
    before,
    problems,
    images: images ?? [],
    abilities,
    addresses: nodeAddresses,
    serverPort,
    maxPods,
    kubeletVersion,
    runtimeVersion: `${version.runtimeName}://${version.runtimeVersion}`,
    now: formatTime(clock.now()),
  });
  return images === undefined ? { ...status, images: before.images ?? [] } : status;
}
