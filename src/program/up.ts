import { join } from "node:path";
import { reconcileDefaults } from "../bootstrap/defaults/reconcile-defaults.ts";
import { writeKubeconfig } from "../bootstrap/kubeconfig.ts";
import { ensureKubernetesService } from "../bootstrap/kubernetes-service.ts";
import type { ProgramOutput, RunningProgram, UpOptions } from "../cli/program.ts";
import { Client } from "../client/client.ts";
import { addressAt, parseCidr } from "../network/cidr.ts";
import { localUrl, reachableAddress } from "./addresses.ts";
import { clusterFacts, KUBERNETES_SERVICE_ADDRESS, nodePodCidr } from "./cluster-facts.ts";
import { type ComponentContext, startControllers, startTheScheduler } from "./components.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { makeDataDirectory } from "./data-directory.ts";
import type { Environment } from "./environment.ts";
import { nextFreePort } from "./free-port.ts";
import { identities } from "./identities.ts";
import { kubeletSubresources } from "./kubelet-access.ts";
import { startNode } from "./node.ts";
import { outputProgress } from "./progress.ts";
import { abortedBefore, type Started, stopAll } from "./stop.ts";

const DEFAULT_PORT = 6443;

/**
 * The whole cluster in this process. Resolves when it is ready; what has started is stopped again when a step fails or the
 * signal aborts before that.
 */
export async function up(
  options: UpOptions,
  output: ProgramOutput,
  base: Omit<Environment, "progress">,
): Promise<RunningProgram> {
  const environment: Environment = { ...base, progress: outputProgress(output) };
  const started: Started[] = [];
  const interrupted = abortedBefore(options.signal);
  try {
    return await Promise.race([start(options, { environment, output, started }), interrupted.promise]);
  } catch (error) {
    await stopAll(started, { keepPods: false }, environment);
    throw error;
  } finally {
    interrupted.dispose();
  }
}

async function start(
  options: UpOptions,
  to: { environment: Environment; output: ProgramOutput; started: Started[] },
): Promise<RunningProgram> {
  const { environment, started } = to;
  makeDataDirectory(options.dataDirectory);
  const facts = await clusterFacts(options.dataDirectory);
  const gateway = addressAt(parseCidr(nodePodCidr(facts)), 1);
  let plane: ControlPlane | undefined;
  plane = await startControlPlane(
    {
      dataDirectory: options.dataDirectory,
      facts,
      nodeName: options.nodeName,
      bind: options.bind,
      port: options.port ?? (await nextFreePort(options.bind, DEFAULT_PORT)),
      addresses: [gateway],
      openStore: async () => {
        const { openEmbeddedStore } = await import("../store/embedded/embedded-store.ts");
        const { clock, log } = environment;
        return openEmbeddedStore({ directory: join(options.dataDirectory, "store"), clock, log });
      },
      subresources: (pki) => kubeletSubresources(pki, { environment, reader: () => plane?.server.reader }),
    },
    environment,
  );
  started.push({ stop: () => plane.close() });
  const context: ComponentContext = { door: plane.server.transport, host: options.nodeName, environment };
  const url = localUrl(options.bind, plane.port);
  const address = reachableAddress(options.bind, gateway);
  writeAdminKubeconfig(options.kubeconfig, { url, plane });
  await environment.progress.step(
    "defaults",
    () => writeDefaults(plane, { address, environment }),
    (text) => text,
  );
  started.push(
    await environment.progress.step("controllers", () =>
      startControllers(context, { clusterCidr: facts.clusterCidr, authority: plane.pki.authority.certificate }),
    ),
  );
  started.push(await environment.progress.step("scheduler", () => startTheScheduler(context)));
  if (options.node) await startNode({ ...options, facts, plane, context, address, gateway }, to);
  return running({ options, url, started, environment });
}

function running(parts: {
  options: UpOptions;
  url: string;
  started: Started[];
  environment: Environment;
}): RunningProgram {
  const { options, url, started, environment } = parts;
  const ended = Promise.withResolvers<void>();
  let stopping: Promise<void> | undefined;
  return {
    url,
    kubeconfig: options.kubeconfig,
    nodeReady: options.node,
    stopped: ended.promise,
    stop(how) {
      stopping ??= stopAll(started, how, environment).then(() => ended.resolve());
      return stopping;
    },
  };
}

async function writeDefaults(
  plane: ControlPlane,
  from: { address: string; environment: Environment },
): Promise<string> {
  const client = new Client(plane.server.transport({ user: identities.bootstrap, userAgent: "wherry" }));
  const authorities = {
    cluster: plane.pki.authority.certificate,
    frontProxy: plane.pki.frontProxyAuthority.certificate,
  };
  const result = await reconcileDefaults(client, { authorities, log: from.environment.log.named("bootstrap") });
  await ensureKubernetesService(client, {
    clusterIP: KUBERNETES_SERVICE_ADDRESS,
    address: from.address,
    port: plane.port,
  });
  return result.created + result.repaired === 0
    ? "all there"
    : `${result.created} created, ${result.repaired} repaired`;
}

function writeAdminKubeconfig(file: string, { url, plane }: { url: string; plane: ControlPlane }): void {
  writeKubeconfig(file, {
    server: url,
    certificateAuthority: plane.pki.authority.certificate,
    user: "kubernetes-admin",
    credentials: plane.pki.admin,
  });
}
