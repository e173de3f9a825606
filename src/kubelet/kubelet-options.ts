import type { Node, NodeAddress } from "../api/generated/core/v1.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Client } from "../client/client.ts";
import type { EventRecorder } from "../client/events.ts";
import type { InformerSet } from "../client/informer.ts";
import type { RequestLimit } from "../client/limited-transport.ts";
import type { ContainerRuntime } from "./cri/runtime.ts";
import type { ReferencedObjects } from "./environment/objects.ts";
import type { KubeletHost } from "./host/host.ts";
import type { Prober } from "./probes/prober.ts";
import type { ServiceAccountTokens } from "./volumes/tokens.ts";

export interface KubeletOptions {
  /** As `system:node:<nodeName>` in group `system:nodes`. */
  readonly client: Client;
  /** The kubelet's own; started and stopped with it. */
  readonly informers: InformerSet;
  /** With component `kubelet` and the node's name as host. */
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly runtime: ContainerRuntime;
  /** The machine: linux-host.ts or simulated-host.ts. */
  readonly host: KubeletHost;
  readonly nodeName: string;
  readonly dataDirectory: string;
  /** The first InternalIP is the pods' hostIP. */
  readonly nodeAddresses: readonly NodeAddress[];
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** The node brings its pods' addresses along, and the API need not give it any. */
  readonly podCidr?: string;
  readonly nodeTaints?: NonNullable<Node["spec"]>["taints"];
  /** Labels on everything made in the runtime: what has others is not touched. */
  readonly ownLabels: Readonly<Record<string, string>>;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** Where the kubelet's HTTPS server listens. */
  readonly serverPort: number;
  /** Default 110. */
  readonly maxPods?: number;
  /** `v1.36.0`, as nodes show it. */
  readonly kubeletVersion: string;
  /** Events of the node's own life; a process with thousands of nodes leaves them out. Default true. */
  readonly tellsOfNode?: boolean;
  /** How containers are probed; over the network and by commands when absent. */
  readonly prober?: Prober;
  /** Where the ConfigMaps and Secrets of pods come from; asked of the API each time when absent. */
  readonly objects?: ReferencedObjects;
  /** Where service account tokens come from; asked of the API when absent. */
  readonly tokens?: ServiceAccountTokens;
  /** How many statuses of pods are written at once, over all kubelets that share it; as many as there are when absent. */
  readonly statusTurns?: RequestLimit;
  /** The API gave the node its pod addresses, or changed them. */
  onPodCidrs?(podCidrs: readonly string[]): Promise<void>;
  /** Ends start-up when it aborts; stop ends the kubelet. */
  readonly signal?: AbortSignal;
}
