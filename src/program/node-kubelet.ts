import { join } from "node:path";
import { GIT_VERSION } from "../api/version.ts";
import type { ServerTls } from "../base/server-tls.ts";
import type { CertificatePair } from "../bootstrap/pki/ensure-pki.ts";
import type { KubeletHandle } from "../kubelet/handle.ts";
import { startKubelet } from "../kubelet/kubelet.ts";
import { type KubeletServer, startKubeletServer } from "../kubelet/server/server.ts";
import { type ClusterRanges, dnsServiceAddress } from "./cluster-ranges.ts";
import { type Component, createComponent } from "./component.ts";
import type { ComponentContext } from "./components.ts";
import { nodeIdentity } from "./identities.ts";
import type { NodeRuntime } from "./node-runtime.ts";
import type { Started } from "./stop.ts";

const KUBELET_PORT = 10250;

/** What the kubelet's own server proves itself with, and whose clients may ask it. */
export interface KubeletServing {
  readonly serving: CertificatePair;
  /** PEM of the authorities. */
  readonly clientAuthority: string;
}

export interface KubeletPartOptions extends KubeletServing {
  readonly context: ComponentContext;
  readonly nodeName: string;
  readonly facts: ClusterRanges;
  readonly dataDirectory: string;
  /** By which the API server reaches this machine. */
  readonly address: string;
  /** Services of the machine may be asked for their logs. */
  readonly systemLogQuery?: boolean | undefined;
}

export interface StartedKubelet extends Started {
  readonly handle: KubeletHandle;
  /** Takes other certificates; connections that are open stay. */
  setServing(serving: KubeletServing): void;
}

/** The kubelet and its server. `handle.ready` says when the node is Ready. */
export async function startTheKubelet(options: KubeletPartOptions, runtime: NodeRuntime): Promise<StartedKubelet> {
  const { context, nodeName, address } = options;
  const { clock, random } = context.environment;
  const component = createComponent({ name: "kubelet", user: nodeIdentity(nodeName), host: nodeName }, context);
  let handle: KubeletHandle | undefined;
  const directory = runtime.host.systemLogDirectory;
  const server = await startKubeletServer({
    ...(directory !== undefined && { nodeLogs: { directory, query: options.systemLogQuery === true } }),
    kubelet: () => handle,
    nodeName,
    client: component.client,
    tls: tlsOf(options),
    host: address,
    ports: [KUBELET_PORT, 0],
    clock,
    log: component.log,
  });
  handle = await startKubelet({
    ...component,
    random,
    runtime: runtime.runtime,
    host: runtime.host,
    nodeName,
    dataDirectory: join(options.dataDirectory, "kubelet"),
    nodeAddresses: [
      { type: "InternalIP", address },
      { type: "Hostname", address: nodeName },
    ],
    ownLabels: runtime.ownLabels,
    clusterDns: [dnsServiceAddress(options.facts)],
    clusterDomain: options.facts.clusterDomain,
    serverPort: server.port,
    kubeletVersion: GIT_VERSION,
    ...(runtime.prober === undefined ? {} : { prober: runtime.prober }),
    onPodCidrs: (podCidrs) => runtime.setPodCidrs(podCidrs),
  });
  return {
    handle,
    setServing: (serving) => server.setTls(tlsOf(serving)),
    stop: (how) => stopTheKubelet({ component, server, handle: handle! }, how),
  };
}

function tlsOf({ serving, clientAuthority }: KubeletServing): ServerTls {
  return { key: serving.key, cert: serving.certificate, clientCa: clientAuthority };
}

async function stopTheKubelet(
  parts: { component: Component; server: KubeletServer; handle: KubeletHandle },
  how: { keepPods: boolean },
): Promise<void> {
  await parts.handle.stop(how);
  await parts.server.close();
  await parts.component.close();
}
