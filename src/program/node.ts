import { runCommand } from "../base/run-command.ts";
import type { Pki } from "../bootstrap/pki/ensure-pki.ts";
import type { ProgramOutput, UpOptions } from "../cli/program.ts";
import type { Simulation } from "../kubelet/cri/simulated/simulation.ts";
import { ensurePodNetwork } from "../network/bridge.ts";
import type { Claim, Collision } from "../network/claim.ts";
import { isLoopback } from "./addresses.ts";
import { type ClusterFacts, requireOwnAddresses } from "./cluster-facts.ts";
import { dnsServiceAddress, nodePodCidr } from "./cluster-ranges.ts";
import type { ComponentContext } from "./components.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Environment } from "./environment.ts";
import { identities } from "./identities.ts";
import { startTheDns } from "./node-dns.ts";
import { type KubeletServing, startTheKubelet } from "./node-kubelet.ts";
import { startTheProxy } from "./node-proxy.ts";
import { chosenRuntime, type NodeRuntime, openRuntime, SIMULATED_NOTICE } from "./node-runtime.ts";
import type { Started } from "./stop.ts";

export interface NodeOptions extends Omit<UpOptions, "simulation"> {
  /** How pods behave where no container really runs. */
  readonly simulation: Simulation;
  readonly facts: ClusterFacts;
  readonly plane: ControlPlane;
  readonly claim: Claim | Collision;
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
  else requireOwnAddresses(options.facts, options.claim);
  const runtime = await progress.step(
    "runtime",
    () => openWithNetwork(kind, options, environment),
    (opened) => opened.description,
  );
  started.push(runtime);
  for (const warning of runtime.warnings) to.output.notice(warning);
  const kubelet = await startTheKubelet(
    {
      ...options,
      address: kind === "containerd" ? options.address : "127.0.0.1",
      ...servingOf(options.plane.keys.current()),
    },
    runtime,
  );
  started.push(kubelet);
  options.plane.keys.onChange((pki) => kubelet.setServing(servingOf(pki)));
  if (kind === "containerd") {
    started.push(
      await progress.step(
        "network",
        () => startTheProxy({ ...options, podCidr: nodePodCidr(options.facts) }),
        () => options.facts.clusterCidr,
      ),
    );
    started.push(
      await progress.step(
        "DNS",
        () =>
          startTheDns({
            ...options,
            ...{ podCidr: nodePodCidr(options.facts), user: identities.dns, isFurther: false },
          }),
        () => dnsServiceAddress(options.facts),
      ),
    );
  }
  await progress.step(
    "node",
    () => kubelet.handle.ready,
    () => `${options.nodeName} is Ready`,
  );
}

/** What the kubelet's own server shows, and whose clients may ask it. */
function servingOf(pki: Pki): KubeletServing {
  return { serving: pki.kubeletServing, clientAuthority: pki.trusted.cluster };
}

/** The bridge comes before the first pod: DNS and node ports have their interface from the start. */
async function openWithNetwork(
  kind: "containerd" | "simulated",
  options: NodeOptions,
  environment: Environment,
): Promise<NodeRuntime> {
  const podCidr = nodePodCidr(options.facts);
  const opening = openRuntime(kind, { ...options, podCidr, environment });
  if (kind !== "containerd") return opening;
  const connecting = connectPods(options, podCidr);
  const [runtime, network] = await Promise.allSettled([opening, connecting]);
  // The runtime names all that the machine lacks, the network only its first miss.
  if (runtime.status === "rejected") throw runtime.reason;
  if (network.status === "fulfilled") return runtime.value;
  await runtime.value.stop({ keepPods: false });
  throw network.reason;
}

async function connectPods(options: NodeOptions, podCidr: string): Promise<void> {
  await ensurePodNetwork({ clusterId: options.facts.clusterId, podCidr, run: runCommand });
  if (isLoopback(options.bind)) await options.plane.listenAlso(options.gateway);
}
