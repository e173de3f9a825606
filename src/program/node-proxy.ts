import { runCommand } from "../base/run-command.ts";
import { bridgeName, POD_INTERFACES } from "../network/names.ts";
import { startOverlay } from "../network/overlay.ts";
import { allowLocalnet, hostKernelSettings } from "../proxy/host.ts";
import { startProxy } from "../proxy/proxy.ts";
import { cleanUpNetwork } from "./clean-up.ts";
import type { ClusterFacts } from "./cluster-facts.ts";
import { createComponent } from "./component.ts";
import type { ComponentContext } from "./components.ts";
import { identities, nodeIdentity } from "./identities.ts";
import type { Started } from "./stop.ts";

export interface ProxyPartOptions {
  /** Enters as the proxy, and for what only a node sees (its own pods) as the node. */
  readonly context: ComponentContext;
  readonly nodeName: string;
  readonly dataDirectory: string;
  readonly facts: ClusterFacts;
  /** Addresses of this machine's pods. */
  readonly podCidr: string;
}

/** Services' addresses and ports on this machine, and the way to other machines' pods. Resolves when the rules are in place. */
export async function startTheProxy(options: ProxyPartOptions): Promise<Started> {
  const { facts, context, nodeName, podCidr } = options;
  const stopping = new AbortController();
  const component = createComponent({ name: "kube-proxy", user: identities.proxy, host: nodeName }, context);
  const node = createComponent({ name: "kube-proxy", user: nodeIdentity(nodeName), host: nodeName }, context);
  await startProxy({
    informers: component.informers,
    nodeInformers: node.informers,
    nodeName,
    clusterId: facts.clusterId,
    podCidr,
    clusterCidr: facts.clusterCidr,
    podInterface: bridgeName(facts.clusterId),
    podInterfaces: POD_INTERFACES,
    clock: context.environment.clock,
    log: component.log,
    run: runCommand,
    signal: stopping.signal,
  });
  // As upstream's proxy says that it has begun: about the node, and without further words.
  const about = { apiVersion: "v1", kind: "Node", metadata: { name: nodeName, uid: nodeName } };
  component.events.event(about, { type: "Normal", reason: "Starting", message: "" });
  const overlay = await startOverlay({
    informers: component.informers,
    nodeName,
    clusterId: facts.clusterId,
    clusterCidr: facts.clusterCidr,
    clock: context.environment.clock,
    log: component.log.named("overlay"),
    run: runCommand,
    // Node ports on this machine's localhost lead to far pods, too.
    onThere: async (device) => void (await allowLocalnet(hostKernelSettings, device)),
  });
  return {
    async stop({ keepPods }) {
      stopping.abort();
      await overlay.stop();
      await Promise.all([component.close(), node.close()]);
      if (!keepPods) await cleanUpNetwork(options.dataDirectory, facts.clusterId);
    },
  };
}
