import { leases } from "../../api/generated/resources.ts";
import { GIT_VERSION } from "../../api/version.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import { coarseClock } from "../../base/coarse-clock.ts";
import { collectionPath } from "../../client/client.ts";
import { createEventSender, type EventSender } from "../../client/event-recorder.ts";
import type { InformerSet } from "../../client/informer.ts";
import { createRequestLimit, limitedTransport, type RequestLimit } from "../../client/limited-transport.ts";
import type { TransportRequest } from "../../client/transport.ts";
import { createSimulatedProber } from "../../kubelet/cri/simulated/simulated-prober.ts";
import { createSimulatedRuntime } from "../../kubelet/cri/simulated/simulated-runtime.ts";
import { matchesPattern, rulesOf } from "../../kubelet/cri/simulated/simulation.ts";
import type { ReferencedObjects } from "../../kubelet/environment/objects.ts";
import { createReferencedObjects } from "../../kubelet/environment/referenced-objects.ts";
import { rememberedObjects } from "../../kubelet/environment/remembered-objects.ts";
import type { KubeletHandle } from "../../kubelet/handle.ts";
import { createSimulatedHost } from "../../kubelet/host/simulated-host.ts";
import { startKubelet } from "../../kubelet/kubelet.ts";
import { startKubeletServer } from "../../kubelet/server/server.ts";
import { noTokens } from "../../kubelet/volumes/no-tokens.ts";
import { createComponent } from "../component.ts";
import type { ComponentContext } from "../components.ts";
import { identities, nodeIdentity } from "../identities.ts";
import type { Started } from "../stop.ts";
import { informersOfNodes } from "./informers-of-nodes.ts";
import { manyKubelets } from "./many-kubelets.ts";
import type { SimulatedNodesChoices } from "./messages.ts";

export interface SimulatedNodesOptions extends SimulatedNodesChoices {
  readonly context: ComponentContext;
}

const SIMULATED_NODE_LABEL = "wherry.local/simulated";

/** So many start at once; that their heartbeats then come at different moments is welcome. */
const STARTING_AT_ONCE = 32;
/** Requests of all these nodes under way at once: fewer than flow control lets in, so that none has to be sent again. */
const REQUESTS_AT_ONCE = 64;
/** Of them statuses of pods: what waits for its turn meanwhile becomes one with what comes after it. */
const STATUSES_AT_ONCE = 32;
/** Of their heartbeats, which would stand before everything else when the processor is busy. */
const LEASES_AT_ONCE = 32;
/** Nobody routes it: pods of simulated nodes have addresses, and nothing answers there. */
const POD_ADDRESSES_BASE = "100.64.0.0";
const ADDRESS = "127.0.0.1";

/** Nodes that only claim to run containers: the kubelet is the real one, below it is the simulated runtime. */
export async function startSimulatedNodes(options: SimulatedNodesOptions): Promise<Started> {
  const { count } = options;
  const { clock, random, log } = options.context.environment;
  const context = limited(options.context);
  const eventSender = createEventSender({ clock, random, log: log.named("simulated-nodes") });
  const stopping = new AbortController();
  const handles = new Map<string, KubeletHandle>();
  const shared = createComponent({ name: "simulated-nodes", user: identities.bootstrap, program: "kubelet" }, context);
  const server = await startKubeletServer({
    kubelet: () => manyKubelets("simulated", handles),
    nodeName: "simulated",
    client: shared.client,
    tls: { key: options.serving.key, cert: options.serving.certificate, clientCa: options.clientAuthority },
    host: ADDRESS,
    ports: [0],
    clock,
    log: shared.log,
  });
  const together: SharedByNodes = {
    clock,
    informersOf: informersOfNodes(shared.informers),
    objects: rememberedObjects(createReferencedObjects(shared.client), clock),
    eventSender,
    statusTurns: createRequestLimit(STATUSES_AT_ONCE),
    serverPort: server.port,
    handles,
  };
  const nodes: SimulatedNode[] = [];
  let next = 0;
  const start = async (): Promise<void> => {
    while (next < count && !stopping.signal.aborted) {
      const number = next++;
      const node = simulatedNode(number, { ...options, context, together });
      nodes.push(node);
      await node.start();
    }
  };
  await Promise.all(Array.from({ length: STARTING_AT_ONCE }, start));
  const failing = Promise.all(nodes.map((node) => fail(node, options, stopping.signal)));
  return {
    async stop(how) {
      stopping.abort();
      await failing;
      await Promise.all(nodes.map((node) => node.stop(how)));
      await server.close();
      await eventSender.stop();
      await shared.close();
    },
  };
}

/** What one does for all nodes of this process. */
interface SharedByNodes {
  /** Exact to the millisecond, for what the simulation says. */
  readonly clock: Clock;
  readonly informersOf: (nodeName: string) => InformerSet;
  readonly objects: ReferencedObjects;
  readonly eventSender: EventSender;
  readonly statusTurns: RequestLimit;
  readonly serverPort: number;
  readonly handles: Map<string, KubeletHandle>;
}

function limited(context: ComponentContext): ComponentContext {
  const limit = createRequestLimit(REQUESTS_AT_ONCE);
  const heartbeats = createRequestLimit(LEASES_AT_ONCE);
  const leasePaths = collectionPath(leases, "kube-node-lease");
  const limitOf = ({ path }: TransportRequest) => (path.startsWith(leasePaths) ? heartbeats : limit);
  return {
    ...context,
    // Heartbeats of thousands of nodes: those of a tenth of a second are one write of the store.
    environment: { ...context.environment, clock: coarseClock(context.environment.clock) },
    door: (identity) => limitedTransport(context.door(identity), limitOf),
  };
}

interface SimulatedNode {
  readonly name: string;
  start(): Promise<void>;
  /** The kubelet falls silent; its containers run on. */
  silence(): Promise<void>;
  stop(how: { keepPods: boolean }): Promise<void>;
}

function simulatedNode(
  number: number,
  options: SimulatedNodesOptions & { readonly together: SharedByNodes },
): SimulatedNode {
  const { context, simulation, together } = options;
  const { handles } = together;
  const { random } = context.environment;
  const { clock } = together;
  const name = `simulated-${number + 1}`;
  const podCidr = podCidrOf(number);
  const runtime = createSimulatedRuntime({ clock, random, podCidr, rules: rulesOf(simulation) });
  const { cpus, memoryBytes, pods, labels, taints } = simulation.nodes ?? {};
  let close = async (): Promise<void> => {};
  return {
    name,
    async start() {
      const component = createComponent(
        { name: "kubelet", user: nodeIdentity(name), host: name },
        { ...context, ...together, informers: together.informersOf(name) },
      );
      close = component.close;
      const handle = await startKubelet({
        ...component,
        random,
        runtime,
        host: createSimulatedHost({
          ...(cpus !== undefined && { cpus }),
          ...(memoryBytes !== undefined && { memoryBytes }),
          machineId: name,
        }),
        nodeName: name,
        podCidr,
        dataDirectory: "/simulated",
        nodeAddresses: [
          { type: "InternalIP", address: ADDRESS },
          { type: "Hostname", address: name },
        ],
        nodeLabels: { ...labels, [SIMULATED_NODE_LABEL]: "true" },
        ...(taints !== undefined && { nodeTaints: [...taints] }),
        ...(pods !== undefined && { maxPods: pods }),
        ownLabels: {},
        tellsOfNode: false,
        clusterDns: [options.clusterDns],
        clusterDomain: options.clusterDomain,
        serverPort: together.serverPort,
        kubeletVersion: GIT_VERSION,
        objects: together.objects,
        tokens: noTokens,
        statusTurns: together.statusTurns,
        prober: createSimulatedProber({ runtime: runtime.runtime, clock, simulation }),
      });
      handles.set(name, handle);
      await handle.ready;
    },
    async silence() {
      await handles.get(name)?.stop({ keepPods: true });
      handles.delete(name);
      await close();
    },
    async stop(how) {
      await handles.get(name)?.stop(how);
      await close();
      await runtime.close();
    },
  };
}

/** Lets a node fail as the simulation says, until the signal aborts. */
async function fail(node: SimulatedNode, options: SimulatedNodesOptions, signal: AbortSignal): Promise<void> {
  const { clock } = options.context.environment;
  for (const { nodes, afterMs, forMs } of options.simulation.failures ?? []) {
    if (!nodes.some((pattern) => matchesPattern(pattern, node.name))) continue;
    await sleep(clock, afterMs, signal);
    if (signal.aborted) return;
    await node.silence();
    if (forMs === undefined) return;
    await sleep(clock, forMs, signal);
    if (signal.aborted) return;
    await node.start();
  }
}

/** A /24 of 100.64.0.0/10 for each node. */
function podCidrOf(number: number): string {
  const [first, second = 0] = POD_ADDRESSES_BASE.split(".").map(Number);
  return `${first}.${second + Math.floor(number / 256)}.${number % 256}.0/24`;
}
