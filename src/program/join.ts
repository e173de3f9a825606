import { existsSync } from "node:fs";
import { runCommand } from "../base/run-command.ts";
import { writeKubeconfig } from "../bootstrap/kubeconfig.ts";
import { CommandError } from "../cli/command.ts";
import type { PartOptions } from "../cli/program.ts";
import { type AccessSource, followKubeconfig } from "../client/access-source.ts";
import { Client } from "../client/client.ts";
import { createHttpTransport } from "../client/http-transport.ts";
import { type ClusterAccess, readKubeconfig } from "../client/kubeconfig.ts";
import { clusterId } from "../kubelet/cri/containerd/paths.ts";
import { ensurePodNetwork } from "../network/bridge.ts";
import { openAgentCertificates } from "./agent-certificates.ts";
import { type AgentToken, parseAgentToken } from "./agent-token.ts";
import { ownServerName } from "./authority-name.ts";
import type { ClusterFacts } from "./cluster-facts.ts";
import { dnsServiceAddress } from "./cluster-ranges.ts";
import type { Door } from "./component.ts";
import type { ComponentContext } from "./components.ts";
import { authorityOnly, openHttpDoor } from "./http-door.ts";
import { identities, nodeIdentity } from "./identities.ts";
import { CLIENT_CERTIFICATE, isFresh, type MetServer, meetServer, requestCertificate } from "./join-access.ts";
import { partKubeconfig } from "./kubeconfigs.ts";
import { startTheDns } from "./node-dns.ts";
import { startTheKubelet } from "./node-kubelet.ts";
import { startTheProxy } from "./node-proxy.ts";
import { chosenRuntime, openRuntime, SIMULATED_NOTICE } from "./node-runtime.ts";
import { requireMachineOutside } from "./range-choice.ts";
import type { PartTo, StartedPart } from "./started-part.ts";
import { readToldRanges } from "./told-ranges.ts";

/** This machine as a further node of a cluster: certificates by the token, then kubelet and service proxy over HTTPS. */
export async function joinAsAgent(options: PartOptions, to: PartTo): Promise<StartedPart> {
  const { environment, started } = to;
  const { progress } = environment;
  const { server, token } = target(options);
  const met = await progress.step(
    "server",
    () => meetServer(server, token),
    () => server.origin,
  );
  const access = await progress.step(
    "identity",
    () => nodeAccess(options, { server, token, met, to }),
    () => `system:node:${options.nodeName}`,
  );
  const kubeconfig = partKubeconfig(options.dataDirectory, "kubelet");
  const source = followKubeconfig(kubeconfig, access, environment);
  started.push({ stop: async () => source.stop() });
  const context = contextOf(source, { token, to });
  const address = options.nodeIp ?? met.localAddress;
  const certificates = await openAgentCertificates(source, {
    ...{ kubeconfig, nodeName: options.nodeName, address, joinSecret: token.secret, environment },
  });
  started.push(certificates);
  const kind = chosenRuntime(options.runtime);
  const id = clusterId(options.dataDirectory);
  const facts = await progress.step(
    "addresses",
    () => factsOf(id, { context, options, kind }),
    ({ clusterCidr, serviceCidr }) => `pods ${clusterCidr}, Services ${serviceCidr}`,
  );
  if (kind === "simulated") to.output.notice(SIMULATED_NOTICE);
  const runtime = await progress.step(
    "runtime",
    () => openRuntime(kind, { ...options, environment }),
    (opened) => opened.description,
  );
  started.push(runtime);
  for (const warning of runtime.warnings) to.output.notice(warning);
  const podCidr = Promise.withResolvers<string>();
  const kubelet = await startTheKubelet(
    {
      context,
      nodeName: options.nodeName,
      facts,
      dataDirectory: options.dataDirectory,
      address,
      systemLogQuery: options.systemLogQuery,
      ...certificates.serving(),
    },
    {
      ...runtime,
      // The cluster decides which addresses this node's pods have: only then is there a network for them.
      async setPodCidrs(podCidrs) {
        const [first] = podCidrs;
        if (first === undefined) return;
        if (kind === "containerd") await ensurePodNetwork({ clusterId: id, podCidr: first, run: runCommand });
        await runtime.setPodCidrs(podCidrs);
        podCidr.resolve(first);
      },
    },
  );
  started.push(kubelet);
  certificates.onChange((serving) => kubelet.setServing(serving));
  if (kind === "containerd") {
    const own = await podCidr.promise;
    started.push(
      await progress.step(
        "network",
        () => startTheProxy({ ...options, context, facts, podCidr: own }),
        () => own,
      ),
    );
    started.push(
      await progress.step(
        "DNS",
        () => startTheDns({ ...options, context, facts, podCidr: own, user: identities.proxy, isFurther: true }),
        () => dnsServiceAddress(facts),
      ),
    );
  }
  await progress.step(
    "node",
    () => kubelet.handle.ready,
    () => `${options.nodeName} is Ready`,
  );
  return { url: access.server, kubeconfig: partKubeconfig(options.dataDirectory, "kubelet"), nodeReady: true };
}

/** What the cluster says of its addresses. @throws CommandError when it does not, or when this machine is in its way */
async function factsOf(
  id: string,
  of: { context: ComponentContext; options: PartOptions; kind: "containerd" | "simulated" },
): Promise<ClusterFacts> {
  const { context, options, kind } = of;
  const client = new Client(context.door({ user: nodeIdentity(options.nodeName), userAgent: "wherry" }));
  const ranges = await readToldRanges(client, context.environment.clock);
  if (kind === "containerd") requireMachineOutside(ranges);
  return { ...ranges, clusterId: id };
}

/** @throws CommandError (2) when the command line does not say where to, or by what right */
function target(options: PartOptions): { server: URL; token: AgentToken } {
  if (options.server === undefined || options.token === undefined) {
    throw new CommandError(
      "wherry agent needs --server URL and --token TOKEN: the text of agent-token in the server's data directory",
      2,
    );
  }
  const server = URL.canParse(options.server) ? new URL(options.server) : undefined;
  if (server?.protocol !== "https:")
    throw new CommandError(`--server is a URL such as https://10.0.0.1:6443, not "${options.server}"`, 2);
  return { server, token: parseAgentToken(options.token) };
}

/** The node's own way in: that of an earlier start while it is good, else one for the token. */
async function nodeAccess(
  options: PartOptions,
  by: { server: URL; token: AgentToken; met: MetServer; to: PartTo },
): Promise<ClusterAccess> {
  const { server, token, met } = by;
  const { clock } = by.to.environment;
  const file = partKubeconfig(options.dataDirectory, "kubelet");
  if (existsSync(file)) {
    const access = await readKubeconfig(file);
    // Two while authorities are exchanged.
    const same = access.certificateAuthority?.includes(met.authority.trim()) === true;
    if (same && access.clientCertificate !== undefined && isFresh(access.clientCertificate, clock))
      return { ...access, server: server.origin, tlsServerName: ownServerName(server) };
  }
  const to = { server: server.origin, tlsServerName: ownServerName(server) };
  const transport = createHttpTransport({
    ...to,
    certificateAuthority: met.authority,
    token: () => token.secret,
    clock,
    userAgent: "kubelet",
  });
  const credentials = await requestCertificate(
    new Client(transport),
    { ...CLIENT_CERTIFICATE, nodeName: options.nodeName },
    clock,
  );
  await transport.close();
  writeKubeconfig(file, {
    ...to,
    certificateAuthority: met.authority,
    user: "system:node",
    credentials,
  });
  return readKubeconfig(file);
}

/** The kubelet enters as the node, the proxy by the token. */
function contextOf(source: AccessSource, { token, to }: { token: AgentToken; to: PartTo }): ComponentContext {
  const { environment, started } = to;
  const node = openHttpDoor(source, environment.clock);
  started.push({ stop: () => node.close() });
  const { server, tlsServerName } = source.current();
  const door: Door = (identity) =>
    identity.user.name === identities.proxy.name
      ? createHttpTransport({
          server,
          tlsServerName,
          follow: authorityOnly(source),
          token: () => token.secret,
          clock: environment.clock,
          userAgent: identity.userAgent,
        })
      : node.door(identity);
  return { door, environment };
}
