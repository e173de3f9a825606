import { join } from "node:path";
import { GIT_VERSION } from "../api/version.ts";
import { runCommand } from "../base/run-command.ts";
import type { ProgramOutput, UpOptions } from "../cli/program.ts";
import { startDns } from "../dns/dns.ts";
import type { KubeletHandle } from "../kubelet/handle.ts";
import { startKubelet } from "../kubelet/kubelet.ts";
import { type KubeletServer, startKubeletServer } from "../kubelet/server/server.ts";
import { ensurePodNetwork } from "../network/bridge.ts";
import { bridgeName, POD_INTERFACES } from "../network/names.ts";
import { startProxy } from "../proxy/proxy.ts";
import { isLoopback } from "./addresses.ts";
import { cleanUpNetwork } from "./clean-up.ts";
import { CLUSTER_DOMAIN, type ClusterFacts, DNS_SERVICE_ADDRESS, nodePodCidr } from "./cluster-facts.ts";
import { type Component, createComponent } from "./component.ts";
import type { ComponentContext } from "./components.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Environment } from "./environment.ts";
import { identities, nodeIdentity } from "./identities.ts";
import { chosenRuntime, type NodeRuntime, openRuntime, SIMULATED_NOTICE } from "./node-runtime.ts";
import type { Started } from "./stop.ts";

const KUBELET_PORT = 10250;

export interface NodeOptions extends UpOptions {
  readonly facts: ClusterFacts;
  readonly plane: ControlPlane;
  readonly context: ComponentContext;
  /** By which pods and other nodes reach this machine. */
  readonly address: string;
  readonly gateway: string;
}

/**
 * This machine as a node: runtime, kubelet with its server, service proxy, cluster DNS. Resolves when it is Ready. Every part
 * joins `started` as soon as it runs.
 */
export async function startNode(
  options: NodeOptions,
  to: { environment: Environment; output: ProgramOutput; started: Started[] },
): Promise<void> {
  const { environment, started } = to;
  const { progress } = environment;
  const kind = chosenRuntime(options.runtime);
  if (kind === "simulated") to.output.notice(SIMULATED_NOTICE);
  const runtime = await progress.step(
    "runtime",
    () => openWithNetwork(kind, options, environment),
    (opened) => opened.description,
  );
  started.push(runtime);
  const kubelet = await startTheKubelet(options, { runtime, environment });
  started.push(kubelet);
  if (kind === "containerd") {
    started.push(
      await progress.step(
        "network",
        () => startTheProxy(options, environment),
        () => options.facts.clusterCidr,
      ),
    );
    started.push(
      await progress.step(
        "DNS",
        () => startTheDns(options),
        () => DNS_SERVICE_ADDRESS,
      ),
    );
  }
  await progress.step(
    "node",
    () => kubelet.handle.ready,
    () => `${options.nodeName} is Ready`,
  );
}

/** The bridge comes before the first pod: DNS and node ports have their interface from the start. */
async function openWithNetwork(
  kind: "containerd" | "simulated",
  options: NodeOptions,
  environment: Environment,
): Promise<NodeRuntime> {
  const podCidr = nodePodCidr(options.facts);
  const opening = openRuntime(kind, { dataDirectory: options.dataDirectory, podCidr, environment });
  if (kind === "containerd") {
    await ensurePodNetwork({ clusterId: options.facts.clusterId, podCidr, run: runCommand });
    if (isLoopback(options.bind)) await options.plane.listenAlso(options.gateway);
  }
  return opening;
}

interface StartedKubelet extends Started {
  readonly handle: KubeletHandle;
}

async function startTheKubelet(
  options: NodeOptions,
  from: { runtime: NodeRuntime; environment: Environment },
): Promise<StartedKubelet> {
  const { plane, context, nodeName, facts } = options;
  const { clock, random } = from.environment;
  const address = from.runtime.kind === "containerd" ? options.address : "127.0.0.1";
  const component = createComponent("kubelet", nodeIdentity(nodeName), context);
  let handle: KubeletHandle | undefined;
  const server = await startKubeletServer({
    kubelet: () => handle,
    nodeName,
    client: component.client,
    tls: {
      key: plane.pki.kubeletServing.key,
      cert: plane.pki.kubeletServing.certificate,
      clientCa: plane.pki.authority.certificate,
    },
    host: address,
    ports: [KUBELET_PORT, 0],
    clock,
    log: component.log,
  });
  handle = await startKubelet({
    ...component,
    random,
    runtime: from.runtime.runtime,
    host: from.runtime.host,
    nodeName,
    dataDirectory: join(options.dataDirectory, "kubelet"),
    nodeAddresses: [
      { type: "InternalIP", address },
      { type: "Hostname", address: nodeName },
    ],
    ownLabels: from.runtime.ownLabels,
    clusterDns: [DNS_SERVICE_ADDRESS],
    clusterDomain: CLUSTER_DOMAIN,
    serverPort: server.port,
    kubeletVersion: GIT_VERSION,
    ...(from.runtime.prober === undefined ? {} : { prober: from.runtime.prober }),
    onPodCidrs: (podCidrs) => from.runtime.setPodCidrs(podCidrs),
  });
  return { handle, stop: (how) => stopTheKubelet({ component, server, handle: handle!, facts }, how) };
}

async function stopTheKubelet(
  parts: { component: Component; server: KubeletServer; handle: KubeletHandle; facts: ClusterFacts },
  how: { keepPods: boolean },
): Promise<void> {
  await parts.handle.stop(how);
  await parts.server.close();
  await parts.component.close();
}

async function startTheProxy(options: NodeOptions, environment: Environment): Promise<Started> {
  const { facts, context, nodeName } = options;
  const stopping = new AbortController();
  const component = createComponent("kube-proxy", identities.proxy, context);
  const node = createComponent("kube-proxy", nodeIdentity(nodeName), context);
  await startProxy({
    informers: component.informers,
    nodeInformers: node.informers,
    nodeName,
    clusterId: facts.clusterId,
    podCidr: nodePodCidr(facts),
    clusterCidr: facts.clusterCidr,
    podInterface: bridgeName(facts.clusterId),
    podInterfaces: POD_INTERFACES,
    clock: environment.clock,
    log: component.log,
    run: runCommand,
    signal: stopping.signal,
  });
  return {
    async stop({ keepPods }) {
      stopping.abort();
      await Promise.all([component.close(), node.close()]);
      if (!keepPods) await cleanUpNetwork(options.dataDirectory, facts.clusterId);
    },
  };
}

async function startTheDns(options: NodeOptions): Promise<Started> {
  const stopping = new AbortController();
  const component = createComponent("kube-dns", identities.dns, options.context);
  const dns = await startDns({
    ...component,
    nodeName: options.nodeName,
    address: options.gateway,
    clusterIP: DNS_SERVICE_ADDRESS,
    clusterDomain: CLUSTER_DOMAIN,
    signal: stopping.signal,
  });
  return {
    async stop() {
      stopping.abort();
      await dns.stop();
      await component.close();
    },
  };
}
