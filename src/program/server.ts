import { existsSync } from "node:fs";
import { join } from "node:path";
import { StatusError } from "../api/status.ts";
import { type StartHook, StartHooks } from "../apiserver/start-hooks.ts";
import { timestamp } from "../base/clock.ts";
import { reconcileDefaults } from "../bootstrap/defaults/reconcile-defaults.ts";
import {
  ensureKubernetesService,
  type KubernetesServiceAddress,
  keepKubernetesService,
  type ServerAddress,
} from "../bootstrap/kubernetes-service.ts";
import type { ServerChoices } from "../cli/choices.ts";
import type { ProgramOutput } from "../cli/program.ts";
import { Client } from "../client/client.ts";
import { addressAt, parseCidr } from "../network/cidr.ts";
import { type Claim, type Collision, isCollision } from "../network/claim.ts";
import type { Store } from "../store/store.ts";
import { isLoopback, localUrl, reachableAddress } from "./addresses.ts";
import { allowedOrigins } from "./allowed-origins.ts";
import { type ClusterFacts, clusterFacts, hasClusterFacts, standingRanges } from "./cluster-facts.ts";
import { kubernetesServiceAddress, nodePodCidr } from "./cluster-ranges.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import type { Environment } from "./environment.ts";
import { beginFirstStart } from "./first-start.ts";
import { nextFreePort } from "./free-port.ts";
import { type GivenAccountKeys, readAccountKeys } from "./given/account-keys.ts";
import { type GivenFiles, openGivenFiles } from "./given/given-files.ts";
import { type PublishedTrust, publishedTrust } from "./given/trusted-authorities.ts";
import { identities } from "./identities.ts";
import { keepIdentityLease } from "./keep-identity-lease.ts";
import { keepTokenTracking } from "./keep-token-tracking.ts";
import { type KeyExchange, type KeyUsers, keyExchange } from "./key-exchange/keep-keys.ts";
import { writeKubeconfigs } from "./kubeconfigs.ts";
import { kubeletSubresources } from "./kubelet-access.ts";
import { requireApartFromSimulated, requireSameRanges } from "./range-choice.ts";
import { serverPlaces } from "./server-places.ts";
import { joinAtStart, joinSharedCluster, requireClusterKeys } from "./shared-cluster.ts";
import { copySharedKeys } from "./shared-keys.ts";
import { openSharedStore, tellOfObjectsLeftOut } from "./shared-store.ts";
import type { Started } from "./stop.ts";
import { storeDirectory } from "./store-directory.ts";
import { toldRanges } from "./told-ranges.ts";

const DEFAULT_PORT = 6443;
/** Steps of the start that are done when the default objects are written. */
const DEFAULTS: readonly StartHook[] = [
  "start-system-namespaces-controller",
  "start-cluster-authentication-info-controller",
  "start-legacy-token-tracking-controller",
  "rbac/bootstrap-roles",
  "scheduling/bootstrap-system-priority-classes",
];

export interface ServerOptions extends ServerChoices {
  readonly dataDirectory: string;
  /** Where the administrator's kubeconfig goes. */
  readonly kubeconfig: string;
  readonly nodeName: string;
  /** Whether this machine is to be a node, and how many simulated ones there are to be. */
  readonly node?: boolean;
  readonly simulatedNodes?: number;
  readonly bind: string;
  /** By which other machines reach this machine's node, where that is not by the address of the server. */
  readonly nodeIp?: string | undefined;
  /** 6443 or the next free one when absent. */
  readonly port?: number;
}

/** The API server of a data directory, at work, with everything that a cluster has from its first minute. */
export interface OpenedServer {
  readonly plane: ControlPlane;
  readonly facts: ClusterFacts;
  /** Of the cluster's addresses, or which of them another cluster of this machine has. */
  readonly claim: Claim | Collision;
  /** First address of this machine's pods: their bridge. */
  readonly gateway: string;
  /** By which pods and other nodes reach this machine. */
  readonly address: string;
  /** By which this machine's own clients reach it. */
  readonly url: string;
  /** Everything is about to stop: nothing waits long for a store that does not answer. */
  hurry(): void;
}

export async function openServer(options: ServerOptions, to: ServerTo): Promise<OpenedServer> {
  const { dataDirectory, ranges = {} } = options;
  const standing = standingRanges(dataDirectory);
  if (standing !== undefined) requireSameRanges(ranges, standing, join(dataDirectory, "cluster.json"));
  // Before anything is made: what was given may be no good.
  const accountKeys = await readAccountKeys(options.authentication?.serviceAccounts);
  const isAllowedOrigin = options.allowedOrigins && (await allowedOrigins(options.allowedOrigins));
  const given = await openGivenFiles(options, to.environment);
  to.started.push(given);
  const keysAfterStore = options.etcd === undefined && hasStoreButNoKeys(dataDirectory);
  const storeAfterKeys = options.etcd === undefined && hasKeysButNoStore(dataDirectory);
  const start = beginFirstStart(dataDirectory);
  const opening = { given, accountKeys, isAllowedOrigin, keysAfterStore, storeAfterKeys, hasPlane: false };
  try {
    return await open(options, to, opening);
  } catch (error) {
    if (!opening.hasPlane) start.takeBack(error);
    throw error;
  }
}

interface Opening {
  readonly given: GivenFiles;
  readonly accountKeys: GivenAccountKeys;
  readonly isAllowedOrigin: ((origin: string) => boolean) | undefined;
  readonly keysAfterStore: boolean;
  readonly storeAfterKeys: boolean;
  /** Clients can store something. */
  hasPlane: boolean;
}

interface ServerTo {
  readonly environment: Environment;
  readonly output: Pick<ProgramOutput, "notice">;
  readonly started: Started[];
}

async function open(options: ServerOptions, to: ServerTo, opening: Opening): Promise<OpenedServer> {
  const { environment, output, started } = to;
  if (options.metrics !== undefined) environment.metrics.restrict(options.metrics);
  const { given } = opening;
  if (options.pkiDirectory !== undefined) copySharedKeys(options.pkiDirectory, options.dataDirectory);
  const shared = options.etcd === undefined ? undefined : await openSharedStore(options.etcd, environment);
  if (shared !== undefined) {
    started.push({ stop: () => shared.store.close() });
    await tellOfObjectsLeftOut(shared, options, output);
  }
  requireClusterKeys(shared?.cluster, options.dataDirectory);
  const { ranges: chosen = {} } = options;
  const decided = shared?.cluster;
  if (decided !== undefined) requireSameRanges(chosen, decided, "in etcd");
  const isNew = !hasClusterFacts(options.dataDirectory);
  const checksMachine = options.node === true || !isLoopback(options.bind);
  const { facts, claim } = await clusterFacts({ dataDirectory: options.dataDirectory, decided, chosen, checksMachine });
  if (!isCollision(claim)) started.push({ stop: () => claim.release() });
  if ((options.simulatedNodes ?? 0) > 0) requireApartFromSimulated(facts);
  const exchange = shared === undefined ? undefined : keysShared(shared.store, options, environment);
  await exchange?.catchUp();
  const gateway = addressAt(parseCidr(nodePodCidr(facts)), 1);
  let plane: ControlPlane | undefined;
  const startHooks = new StartHooks();
  const { featuresOff } = options;
  plane = await startControlPlane(
    {
      dataDirectory: options.dataDirectory,
      given,
      accountKeys: opening.accountKeys,
      serving: options.serving,
      encryption: options.encryption,
      authentication: options.authentication,
      authorization: options.authorization,
      audit: options.audit,
      flowControl: options.flowControl,
      requestTimeoutMs: options.requestTimeoutMs,
      watchSecondsMin: options.watchSecondsMin,
      transportSecurity: options.transportSecurity,
      isAllowedOrigin: opening.isAllowedOrigin,
      goAwayChance: options.goAwayChance,
      admission: options.admission,
      featuresOff,
      // What holds, whoever said it.
      flags: { ...options.flags, ...toldRanges(facts) },
      facts,
      nodeName: options.nodeName,
      bind: options.bind,
      port: options.port ?? (await nextFreePort(options.bind, DEFAULT_PORT)),
      addresses: options.nodeIp === undefined ? [gateway] : [gateway, options.nodeIp],
      startHooks,
      ...(shared === undefined ? {} : { storeHealth: () => shared.store.health() }),
      ...(exchange === undefined
        ? {}
        : { join: (store, pki) => joinAtStart(store, { facts, pki, isNew, exchange, ...options }) }),
      openStore: async () => {
        if (shared !== undefined) return shared.store;
        return openOwnStore(options.dataDirectory, environment);
      },
      etcdPrefix: options.etcd?.prefix,
      keysAfterStore: opening.keysAfterStore,
      storeAfterKeys: opening.storeAfterKeys,
      subresources: (pki) => kubeletSubresources(pki, { given, environment, reader: () => plane?.server.reader }),
    },
    environment,
  );
  opening.hasPlane = true;
  started.push({ stop: () => plane.close() });
  const url = localUrl(options.bind, plane.port);
  const address = reachableAddress(options.bind, gateway);
  const { keys } = plane;
  writeKubeconfigs({ ...options, url, pki: keys.current() });
  keys.onChange((pki) => writeKubeconfigs({ ...options, url, pki }));
  const client = new Client(plane.server.transport({ user: identities.bootstrap, userAgent: "wherry" }));
  const places = shared === undefined ? undefined : serverPlaces(shared.store, { address, port: plane.port });
  const servers = places === undefined ? undefined : () => places.renew();
  const service = { clusterIP: kubernetesServiceAddress(facts), address, port: plane.port, servers };
  const published = () => publishedTrust(keys.current(), given.current(), options.authentication?.requestHeader);
  const defaults = () => writeDefaults({ published: published(), client, facts, service, environment });
  await environment.progress.step("defaults", defaults, (text) => text);
  startHooks.done(...DEFAULTS);
  started.push(keepService({ client, service, environment, leave: () => places?.leave() }));
  if (featuresOff?.has("APIServerIdentity") !== true) started.push(keepIdentityLease(client, environment));
  started.push(keepTokenTracking(client, environment));
  startHooks.done(
    "bootstrap-controller",
    "start-kube-apiserver-identity-lease-controller",
    "start-kube-apiserver-identity-lease-garbage-collector",
  );
  keys.onChange(async () => void (await defaults()));
  if (shared !== undefined) keys.onChange((pki) => joinSharedCluster(shared.store, { facts, pki }));
  if (exchange !== undefined) started.push(await exchange.follow(keyUsers(plane)));
  return { plane, facts, claim, gateway, address, url, hurry: () => shared?.store.hurry() };
}

async function openOwnStore(dataDirectory: string, { clock, log, metrics }: Environment): Promise<Store> {
  const [{ openEmbeddedStore }, { storeSizeMetric }] = await Promise.all([
    import("../store/embedded/embedded-store.ts"),
    import("./store-size.ts"),
  ]);
  const directory = storeDirectory(dataDirectory);
  const store = await openEmbeddedStore({ directory, clock, log });
  storeSizeMetric(metrics, directory);
  return store;
}

/** Somebody's objects, or somebody else's file. */
function hasStoreButNoKeys(dataDirectory: string): boolean {
  return existsSync(storeDirectory(dataDirectory)) && !existsSync(join(dataDirectory, "pki"));
}

/** Somebody's keys, or what is none. */
function hasKeysButNoStore(dataDirectory: string): boolean {
  return existsSync(join(dataDirectory, "pki")) && !existsSync(storeDirectory(dataDirectory));
}

function keysShared(store: Store, options: ServerOptions, { clock, random, log }: Environment): KeyExchange {
  const { dataDirectory, nodeName: name } = options;
  return keyExchange({ store, dataDirectory, name, clock, random, log: log.named("keys") });
}

function keyUsers({ keys, secretKeys }: ControlPlane): KeyUsers {
  return {
    lookAtCertificates: () => keys.look(),
    lookAtEncryption: () => secretKeys.look(),
    rewriteSecrets: () => secretKeys.rewriteSecrets(),
  };
}

async function writeDefaults(from: {
  published: PublishedTrust;
  client: Client;
  facts: ClusterFacts;
  service: KubernetesServiceAddress;
  environment: Environment;
}): Promise<string> {
  const { client } = from;
  const { clock, log } = from.environment;
  const result = await reconcileDefaults(client, {
    ...from.published,
    cluster: toldRanges(from.facts),
    log: log.named("bootstrap"),
    today: timestamp(clock).slice(0, 10),
  });
  await ensureKubernetesService(client, from.service).catch((error: unknown) => {
    // A webhook that nobody answers for refuses this write, too: only a server that runs lets it be taken away.
    if (!(error instanceof StatusError)) throw error;
    log.named("bootstrap").warn("the Service kubernetes is not as it should be yet", { error: error.message });
  });
  return result.created + result.repaired === 0
    ? "all there"
    : `${result.created} created, ${result.repaired} repaired`;
}

function keepService(of: {
  client: Client;
  service: KubernetesServiceAddress;
  environment: Environment;
  /** This server serves no longer. Answers those that do. */
  leave(): Promise<readonly ServerAddress[]> | undefined;
}): Started {
  const { client, service, environment, leave } = of;
  const stopping = new AbortController();
  const log = environment.log.named("bootstrap");
  const kept = keepKubernetesService(client, service, { clock: environment.clock, log, signal: stopping.signal });
  return {
    async stop() {
      stopping.abort();
      await kept;
      // The last one stays listed: there is nobody to go to instead.
      const others = (await leave()) ?? [];
      if (others.length > 0) await ensureKubernetesService(client, { ...service, servers: async () => others });
    },
  };
}
