import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { errorMessage } from "../base/assert.ts";
import { runCommand } from "../base/run-command.ts";
import { readText } from "../bootstrap/pki/pki-files.ts";
import { CommandError } from "../cli/command.ts";
import type { PartOptions } from "../cli/program.ts";
import { followKubeconfig } from "../client/access-source.ts";
import { ensurePodNetwork } from "../network/bridge.ts";
import { addressAt, parseCidr } from "../network/cidr.ts";
import { type ClusterFacts, readClusterFacts } from "./cluster-facts.ts";
import { dnsServiceAddress, nodePodCidr } from "./cluster-ranges.ts";
import type { Door } from "./component.ts";
import type { ComponentContext } from "./components.ts";
import type { Environment } from "./environment.ts";
import { type HttpDoor, openHttpDoor } from "./http-door.ts";
import { identities, nodeIdentity } from "./identities.ts";
import { startTheDns } from "./node-dns.ts";
import { type KubeletServing, type StartedKubelet, startTheKubelet } from "./node-kubelet.ts";
import { startTheProxy } from "./node-proxy.ts";
import { chosenRuntime, openRuntime, SIMULATED_NOTICE } from "./node-runtime.ts";
import { type PartAccess, partAccess } from "./part-access.ts";
import type { PartTo, StartedPart } from "./started-part.ts";
import type { Started } from "./stop.ts";

/** How soon certificates that were renewed are used: the files may be read between two of them, and are read again. */
const LOOK_MS = 10_000;

/** The kubelet of the API server's machine, in a process of its own. Resolves when the node is Ready. */
export async function startKubeletAlone(options: PartOptions, to: PartTo): Promise<StartedPart> {
  const { environment, started } = to;
  const entered = await partAccess("kubelet", options);
  const { dataDirectory, nodeName } = options;
  checkNode(entered, nodeName);
  const facts = readClusterFacts(dataDirectory);
  const kind = chosenRuntime(options.runtime);
  if (kind === "simulated") to.output.notice(SIMULATED_NOTICE);
  const runtime = await environment.progress.step(
    "runtime",
    () => openRuntime(kind, { dataDirectory, podCidr: nodePodCidr(facts), environment }),
    (opened) => opened.description,
  );
  started.push(runtime);
  for (const warning of runtime.warnings) to.output.notice(warning);
  const gateway = kind === "containerd" ? await podNetwork(facts) : "127.0.0.1";
  const kubelet = await startTheKubelet(
    {
      context: entrance(entered, to),
      nodeName,
      facts,
      dataDirectory,
      address: options.nodeIp ?? gateway,
      systemLogQuery: options.systemLogQuery,
      ...servingFiles(dataDirectory),
    },
    runtime,
  );
  started.push(kubelet, followServing(dataDirectory, kubelet, environment));
  await environment.progress.step(
    "node",
    () => kubelet.handle.ready,
    () => `${nodeName} is Ready`,
  );
  return { url: entered.access.server, kubeconfig: entered.kubeconfig, nodeReady: true };
}

/** The service proxy of the API server's machine, in a process of its own, and with it the DNS that pods reach through it. */
export async function startProxyAlone(options: PartOptions, to: PartTo): Promise<StartedPart> {
  const entered = await partAccess("proxy", options);
  // Its own pods are shown to a node, not to the proxy.
  const asNode = entrance(await partAccess("kubelet", { ...options, kubeconfig: undefined }), to);
  const asProxy = entrance(entered, to);
  const node = nodeIdentity(options.nodeName).name;
  const door: Door = (identity) => (identity.user.name === node ? asNode : asProxy).door(identity);
  const facts = readClusterFacts(options.dataDirectory);
  const { progress } = to.environment;
  const context = { ...asProxy, door };
  const podCidr = nodePodCidr(facts);
  const proxy = await progress.step(
    "network",
    async () => {
      await podNetwork(facts);
      return startTheProxy({ ...options, context, facts, podCidr });
    },
    () => facts.clusterCidr,
  );
  to.started.push(proxy);
  const dns = await progress.step(
    "DNS",
    () => startTheDns({ ...options, context, facts, podCidr, user: identities.proxy, isFurther: false }),
    () => dnsServiceAddress(facts),
  );
  to.started.push(dns);
  return { url: entered.access.server, kubeconfig: entered.kubeconfig };
}

/** Makes the bridge of this machine's pods if it is not there; answers its address. */
async function podNetwork(facts: ClusterFacts): Promise<string> {
  const podCidr = nodePodCidr(facts);
  await ensurePodNetwork({ clusterId: facts.clusterId, podCidr, run: runCommand });
  return addressAt(parseCidr(podCidr), 1);
}

/** @throws CommandError when the kubeconfig is another node's: the API server would refuse whatever it says of this one */
function checkNode({ access, kubeconfig }: PartAccess, nodeName: string): void {
  if (access.clientCertificate === undefined) return;
  const { subject } = new X509Certificate(access.clientCertificate);
  const user = /^CN=(.*)$/m.exec(subject)?.[1] ?? "nobody";
  if (user === nodeIdentity(nodeName).name) return;
  throw new CommandError(`${kubeconfig} is for ${user}, not for the node ${nodeName}: choose it with --node-name`, 2);
}

function entrance(entered: PartAccess, { environment, started }: PartTo): ComponentContext {
  const followed = followKubeconfig(entered.kubeconfig, entered.access, environment);
  started.push({ stop: async () => followed.stop() });
  const http: HttpDoor = openHttpDoor(followed, environment.clock);
  started.push({ stop: () => http.close() });
  return { door: http.door, environment };
}

/** What the API server's machine has for its kubelet; the API server renews it. */
function servingFiles(dataDirectory: string): KubeletServing {
  const old = readText(join(dataDirectory, "pki"), "ca-old.crt") ?? "";
  return {
    serving: { certificate: pkiFile(dataDirectory, "kubelet.crt"), key: pkiFile(dataDirectory, "kubelet.key") },
    clientAuthority: pkiFile(dataDirectory, "ca.crt") + old,
  };
}

function followServing(dataDirectory: string, kubelet: StartedKubelet, { clock, log }: Environment): Started {
  let seen = JSON.stringify(servingFiles(dataDirectory));
  let timer = clock.setTimer(look, LOOK_MS);
  function look(): void {
    timer = clock.setTimer(look, LOOK_MS);
    try {
      const now = servingFiles(dataDirectory);
      if (JSON.stringify(now) === seen) return;
      kubelet.setServing(now);
      seen = JSON.stringify(now);
    } catch (error) {
      log.warn("the kubelet's certificates cannot be read again; it is tried later", { error: errorMessage(error) });
    }
  }
  return { stop: async () => timer.cancel() };
}

/** @throws CommandError when the data directory is not that of the API server */
function pkiFile(dataDirectory: string, file: string): string {
  const text = readText(join(dataDirectory, "pki"), file);
  if (text !== undefined) return text;
  throw new CommandError(
    `there is no ${join(dataDirectory, "pki", file)}: use the --data-dir of the API server; on another machine run wherry agent`,
    2,
  );
}
