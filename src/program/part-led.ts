import { hostname } from "node:os";
import { join } from "node:path";
import type { UserInfo } from "../apiserver/authn/authenticator.ts";
import { errorMessage } from "../base/assert.ts";
import { readText } from "../bootstrap/pki/pki-files.ts";
import { CommandError } from "../cli/command.ts";
import type { PartName, PartOptions } from "../cli/program.ts";
import { type AccessSource, followKubeconfig } from "../client/access-source.ts";
import { Client } from "../client/client.ts";
import type { ClusterAccess } from "../client/kubeconfig.ts";
import { runLeaderElection } from "../client/leader-election.ts";
import type { Transport } from "../client/transport.ts";
import { waitUntilReady } from "./api-ready.ts";
import type { AuthoritySource } from "./authority-source.ts";
import { readClusterFacts } from "./cluster-facts.ts";
import { type ComponentContext, type Running, startControllers, startTheScheduler } from "./components.ts";
import type { Environment } from "./environment.ts";
import { openHttpDoor } from "./http-door.ts";
import { identities } from "./identities.ts";
import { type PartAccess, partAccess } from "./part-access.ts";
import { startPartServer } from "./part-server.ts";
import type { PartTo, StartedPart } from "./started-part.ts";

/** The controllers, in one of any number of processes at a time. */
export async function startControllerManager(options: PartOptions, to: PartTo): Promise<StartedPart> {
  const entered = await partAccess("controller-manager", options);
  const ranges = readClusterFacts(options.dataDirectory);
  if (entered.access.certificateAuthority === undefined) {
    throw new CommandError(`${entered.kubeconfig} has no certificate-authority-data: pods are given it to trust`, 2);
  }
  const pki = join(options.dataDirectory, "pki");
  /** Without the key (another machine than the API server's) everything but signing is done. */
  const authorityIn = (followed: AccessSource): AuthoritySource => ({
    current() {
      const trusted = followed.current().certificateAuthority ?? "";
      return { trusted, certificate: readText(pki, "ca.crt") ?? trusted, key: readText(pki, "ca.key") };
    },
    onChange: (listener) => followed.onChange(listener),
  });
  return startLed(
    {
      name: "controller-manager",
      lease: "kube-controller-manager",
      options,
      usualPort: 10257,
      user: identities.controllerManager,
      entered,
      start: (context, followed) =>
        startControllers(context, {
          ranges,
          authority: authorityIn(followed),
          serviceAccountKey: () => readText(pki, "sa.key"),
        }),
    },
    to,
  );
}

/** The scheduler, in one of any number of processes at a time. */
export async function startSchedulerAlone(options: PartOptions, to: PartTo): Promise<StartedPart> {
  return startLed(
    {
      name: "scheduler",
      lease: "kube-scheduler",
      options,
      usualPort: 10259,
      user: identities.scheduler,
      entered: await partAccess("scheduler", options),
      start: startTheScheduler,
    },
    to,
  );
}

interface LedPart {
  readonly name: PartName;
  /** Name of its Lease in kube-system. */
  readonly lease: string;
  readonly options: PartOptions;
  /** Where it tells how it is. */
  readonly usualPort: number;
  readonly user: UserInfo;
  readonly entered: PartAccess;
  start(context: ComponentContext, followed: AccessSource): Promise<Running>;
}

/** Resolves when the candidate has begun to compete: whether it leads is for its log. */
async function startLed(part: LedPart, { environment, started }: PartTo): Promise<StartedPart> {
  const { clock, random, progress } = environment;
  const { access, kubeconfig } = part.entered;
  const log = environment.log.named(part.name);
  const followed = followKubeconfig(kubeconfig, access, environment);
  started.push({ stop: async () => followed.stop() });
  const http = openHttpDoor(followed, clock);
  started.push({ stop: () => http.close() });
  const context: ComponentContext = { door: http.door, environment };
  const transport = http.door({ user: part.user, userAgent: "leader-election" });
  started.push({ stop: () => transport.close() });
  await progress.step(
    "API server",
    () => waitUntilReady(transport, clock),
    () => access.server,
  );
  if (part.options.securePort !== 0) started.push(await serve(part, { access, transport, environment }));
  const stopping = new AbortController();
  const election = runLeaderElection({
    client: new Client(transport),
    clock,
    random,
    log,
    lease: { namespace: "kube-system", name: part.lease },
    identity: `${hostname()}_${random.uuid()}`,
    signal: stopping.signal,
    async lead(signal) {
      const running = await part.start(context, followed);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await running.stop();
    },
  });
  started.push({
    async stop() {
      stopping.abort();
      await election.catch((error: unknown) => log.error("stopped with an error", { error: errorMessage(error) }));
    },
  });
  const failed = election.then(() => new Promise<never>(() => {}));
  failed.catch(() => {});
  return { url: access.server, kubeconfig, failed };
}

async function serve(
  part: LedPart,
  by: { access: ClusterAccess; transport: Transport; environment: Environment },
): Promise<{ stop(): Promise<void> }> {
  const { bindAddress = "127.0.0.1", securePort } = part.options;
  const log = by.environment.log.named(part.name);
  const server = await startPartServer({
    name: part.lease,
    address: bindAddress,
    port: securePort,
    usualPort: part.usualPort,
    client: new Client(by.transport),
    clientAuthority: by.access.certificateAuthority ?? "",
    environment: { ...by.environment, log },
  });
  log.info("health and metrics are served", { address: bindAddress, port: server.port });
  return server;
}
