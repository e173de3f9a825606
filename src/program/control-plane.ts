import { join } from "node:path";
import type { SwitchableFeature } from "../api/feature-gates.ts";
import { kindDefinitions } from "../api/kinds.ts";
import { loadSchema } from "../api/schema-data.ts";
import { type ApiServer, createApiServer } from "../apiserver/api-server.ts";
import { indexPath, listedPaths } from "../apiserver/discovery/index-path.ts";
import { discoveryPaths } from "../apiserver/discovery/paths.ts";
import { flowControlDefaults } from "../apiserver/flow-control/create-flow-control.ts";
import { type HealthCheck, type HealthChecks, healthPaths } from "../apiserver/handlers/health.ts";
import { versionPath } from "../apiserver/handlers/version.ts";
import { crossOriginHandler } from "../apiserver/http/cross-origin.ts";
import { createEdge, type Edge } from "../apiserver/http/edge.ts";
import { serviceLevelPath } from "../apiserver/metrics/metrics-path.ts";
import { processMetrics } from "../apiserver/metrics/process-metrics.ts";
import { openapiPaths } from "../apiserver/openapi/handler.ts";
import { readableStore } from "../apiserver/registry/readable-store.ts";
import type { StartHooks } from "../apiserver/start-hooks.ts";
import type { Subresource } from "../apiserver/subresources/subresource.ts";
import { flagzPath } from "../apiserver/z-pages/flagz.ts";
import { statuszPath } from "../apiserver/z-pages/statusz.ts";
import { Metrics } from "../base/metrics.ts";
import { parsePortRange } from "../base/port-range.ts";
import type { Pki } from "../bootstrap/pki/ensure-pki.ts";
import { hostIdentity } from "../bootstrap/pki/host.ts";
import { type KeptPki, keepPki } from "../bootstrap/pki/keep-pki.ts";
import type { ServerChoices } from "../cli/choices.ts";
import type { Store } from "../store/store.ts";
import { localUrl } from "./addresses.ts";
import { admissionOf } from "./admission.ts";
import { AGENT, ensureAgentToken } from "./agent-token.ts";
import { auditOf } from "./audit.ts";
import { type ClusterRanges, kubernetesServiceAddress } from "./cluster-ranges.ts";
import { type EncryptedStore, encryptStore } from "./encryption.ts";
import type { Environment } from "./environment.ts";
import { accountKeys, type GivenAccountKeys } from "./given/account-keys.ts";
import type { GivenFiles } from "./given/given-files.ts";
import { servingTls } from "./given/serving-tls.ts";
import { trustedAuthorities } from "./given/trusted-authorities.ts";

/** On which each node listens: cluster DNS, the overlay, the kubelet. A Service's port of that number would lead away from them. */
const NODE_PORTS = [53, 4789, 10_250];

export interface ControlPlaneOptions extends Omit<ServerChoices, "etcd" | "pkiDirectory" | "trust" | "allowedOrigins"> {
  /** Certificates and authorities besides the cluster's own. */
  readonly given: GivenFiles;
  readonly accountKeys: GivenAccountKeys;
  /** Whether pages of that origin may read answers; none may when absent. */
  readonly isAllowedOrigin?: ((origin: string) => boolean) | undefined;
  readonly dataDirectory: string;
  readonly facts: ClusterRanges;
  readonly nodeName: string;
  /** Address to listen on, and the port (0: any free one). */
  readonly bind: string;
  readonly port: number;
  /** Further addresses of this machine that clients use. */
  readonly addresses: readonly string[];
  /** Steps of the start, those of others too: the health checks tell which are not done. */
  readonly startHooks: StartHooks;
  /** What is wrong with the store; undefined while nothing is. */
  storeHealth?(): string | undefined;
  openStore(): Promise<Store>;
  /** What stands before all keys of that store, where it is an etcd. */
  readonly etcdPrefix?: string | undefined;
  /** A store is there already and keys are not: none are made before it is known that it can be opened. */
  readonly keysAfterStore: boolean;
  /** Keys are there and a store is not: none is made before it is known that they can be read. */
  readonly storeAfterKeys: boolean;
  /** Before the first write: is this the right store for these keys? */
  join?(store: Store, pki: Pki): Promise<void>;
  subresources(pki: () => Pki): Readonly<Record<string, Subresource>>;
}

export interface ControlPlane {
  readonly server: ApiServer;
  /** Certificates and keys, as they are at any time. */
  readonly keys: KeptPki;
  /** Keys that encrypt what is stored. */
  readonly secretKeys: Pick<EncryptedStore, "look" | "rewriteSecrets">;
  readonly port: number;
  /** Listens on a further address (that of a bridge made later), same port. */
  listenAlso(address: string): Promise<void>;
  close(): Promise<void>;
}

/** Store, keys and API server: everything behind the door, listening. */
export async function startControlPlane(options: ControlPlaneOptions, environment: Environment): Promise<ControlPlane> {
  const { clock, random, log, progress } = environment;
  const isShared = options.join !== undefined;
  const server = hostIdentity().names[0]!;
  const encryption = {
    ...options.encryption,
    dataDirectory: options.dataDirectory,
    etcdPrefix: options.etcdPrefix,
    isShared,
    server,
  };
  const open = () =>
    progress.step(
      "store",
      async () => encryptStore(await options.openStore(), encryption, environment),
      (opened) => `revision ${opened.store.revision()}`,
    );
  const keep = () =>
    progress.step(
      "keys",
      () =>
        keepPki({
          directory: join(options.dataDirectory, "pki"),
          clock,
          random,
          log: log.named("keys"),
          nodeName: options.nodeName,
          names: [options.nodeName],
          addresses: options.addresses,
          host: hostIdentity,
          serviceAddress: kubernetesServiceAddress(options.facts),
          clusterDomain: options.facts.clusterDomain,
        }),
      (made) => (made.current().written.length === 0 ? "all valid" : `${made.current().written.length} made`),
    );
  const [opened, kept] = await inOrder(open, keep, options);
  try {
    const parts = { ...settledValue(opened), keys: settledValue(kept) };
    await options.join?.(readableStore(parts.store), parts.keys.current());
    return await startServer(parts, { options, environment, isShared });
  } catch (error) {
    if (kept.status === "fulfilled") await kept.value.stop();
    if (opened.status === "fulfilled") await opened.value.store.close();
    throw error;
  }
}

/** Both at once where neither says whether the other is right to be made. */
async function inOrder<S, K>(
  open: () => Promise<S>,
  keep: () => Promise<K>,
  { keysAfterStore, storeAfterKeys }: Pick<ControlPlaneOptions, "keysAfterStore" | "storeAfterKeys">,
): Promise<[PromiseSettledResult<S>, PromiseSettledResult<K>]> {
  const opening = storeAfterKeys ? undefined : open();
  if (keysAfterStore) await opening;
  const keeping = keep();
  if (storeAfterKeys) await keeping;
  return await Promise.allSettled([opening ?? open(), keeping]);
}

function settledValue<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

function startServer(
  { store: encrypted, checks: keyServices, keys, ...secretKeys }: EncryptedStore & { keys: KeptPki },
  of: { options: ControlPlaneOptions; environment: Environment; isShared: boolean },
): Promise<ControlPlane> {
  const { options, environment, isShared } = of;
  const { clock, random, log, spans, metrics, progress } = environment;
  const stopping = { begun: false };
  const store = readableStore(encrypted);
  return progress.step(
    "API server",
    async () => {
      const schema = loadSchema();
      const admission = await admissionOf(options.admission);
      const isOff = (feature: SwitchableFeature): boolean => options.featuresOff?.has(feature) === true;
      const checks = healthChecks({ ...options, keyServices }, stopping);
      processMetrics(metrics);
      const pki = keys.current();
      const agentToken = (current: Pki) =>
        ensureAgentToken(options.dataDirectory, current.authority.certificate, random);
      const agents = agentToken(pki);
      keys.onChange((current) => void agentToken(current));
      const trusted = () => trustedAuthorities(keys.current(), options.given.current());
      const server = await createApiServer({
        store,
        isStoreShared: isShared,
        schema,
        kinds: kindDefinitions,
        clock,
        random,
        log,
        spans,
        metrics,
        serviceCidr: options.facts.serviceCidr,
        serviceNodePorts: parsePortRange(options.facts.serviceNodePortRange),
        ownPorts: [options.port, ...NODE_PORTS],
        security: {
          clock,
          random,
          serverName: hostIdentity().names[0],
          serviceAccountKeys: accountKeys(pki.serviceAccount, options.accountKeys),
          followServiceAccountKeys: (use) =>
            keys.onChange((current) => use(accountKeys(current.serviceAccount, options.accountKeys))),
          issuer: `https://kubernetes.default.svc.${options.facts.clusterDomain}`,
          staticTokens: [{ token: agents.secret, user: AGENT }],
          authentication: options.authentication,
          authorization: options.authorization,
          clientAuthority: () => trusted().clients,
          frontProxyAuthority: () => trusted().proxies,
          ownsFrontProxyAuthority:
            pki.frontProxyAuthority.key !== "" && options.given.current().requestHeaderAuthority === undefined,
        },
        audit: auditOf(options.dataDirectory, options.audit, environment),
        flowControl: options.flowControl ?? flowControlDefaults,
        startHooks: options.startHooks,
        featuresOff: options.featuresOff,
        requestTimeoutMs: options.requestTimeoutMs,
        watchSecondsMin: options.watchSecondsMin,
        admission,
        subresources: options.subresources(() => keys.current()),
        keepsLocalServices: true,
        proxyCertificate: () => options.given.current().proxyClient ?? keys.current().frontProxyClient,
        paths: (table, served, remote) => {
          const listed = listedPaths({ table, schema: served, remote, checks, featuresOff: options.featuresOff });
          return [
            versionPath(),
            healthPaths(checks),
            serviceLevelPath(new Metrics(), checks),
            indexPath(listed),
            ...(isOff("ComponentStatusz") ? [] : [statuszPath({ clock, random, paths: listed })]),
            ...(isOff("ComponentFlagz") ? [] : [flagzPath(options.flags ?? {}, random)]),
            discoveryPaths(table, served, { remote, withoutHashes: isOff("StorageVersionHash") }),
            openapiPaths(table, served, remote),
          ];
        },
      });
      return listen({ server, store, keys, secretKeys, stopping, options, environment });
    },
    (plane) => localUrl(options.bind, plane.port),
  );
}

async function listen(parts: {
  server: ApiServer;
  store: Store;
  keys: KeptPki;
  secretKeys: ControlPlane["secretKeys"];
  stopping: { begun: boolean };
  options: ControlPlaneOptions;
  environment: Environment;
}): Promise<ControlPlane> {
  const { server, store, keys, secretKeys, stopping, options, environment } = parts;
  const { clock, random, log } = environment;
  const chance = options.goAwayChance ?? 0;
  const edges: Edge[] = [];
  const how = { clusterDomain: options.facts.clusterDomain, protocol: options.serving?.protocol };
  const tls = () => servingTls(keys.current(), options.given.current(), how);
  const open = (): Edge => {
    const edge = createEdge({
      handler:
        options.isAllowedOrigin === undefined
          ? server.handler
          : crossOriginHandler(server.handler, options.isAllowedOrigin),
      ...(chance > 0 && { asksToLeave: () => random.fraction() < chance }),
      sent: server.requests.sent,
      tls: tls(),
      clock,
      log: log.named("https"),
      ...(options.transportSecurity !== undefined && {
        headers: { "strict-transport-security": options.transportSecurity },
      }),
    });
    edges.push(edge);
    return edge;
  };
  keys.onChange(() => {
    for (const edge of edges) edge.setTls(tls());
  });
  options.given.onChange(() => keys.tellAgain());
  const port = await open()
    .listen({ host: options.bind, port: options.port })
    .catch(async (error: unknown) => {
      await server.close();
      throw error;
    });
  return {
    server,
    keys,
    secretKeys,
    port,
    async listenAlso(address) {
      await open().listen({ host: address, port });
    },
    async close() {
      stopping.begun = true;
      await keys.stop();
      await Promise.all(edges.map((edge) => edge.close()));
      await server.close();
      await store.close();
    },
  };
}

/**
 * Named as upstream names them: people and load balancers ask for some of them, or leave them out. `etcd` is the store, whichever
 * it is.
 */
function healthChecks(
  options: Pick<ControlPlaneOptions, "startHooks" | "storeHealth" | "flowControl" | "featuresOff"> & {
    readonly keyServices: readonly HealthCheck[];
  },
  stopping: { readonly begun: boolean },
): HealthChecks {
  const well = (name: string): HealthCheck => ({ name, check: () => undefined });
  const store = (name: string): HealthCheck => ({ name, check: () => options.storeHealth?.() });
  const shutdown: HealthCheck = {
    name: "shutdown",
    check: () => (stopping.begun ? "process is shutting down" : undefined),
  };
  return {
    live: [well("ping"), well("log"), store("etcd")],
    healthy: options.keyServices,
    // Nothing is answered before what the server itself keeps of roles, quotas and the like is there.
    ready: [store("etcd-readiness"), well("informer-sync")],
    started: options.startHooks.checks({
      isFair: (options.flowControl ?? flowControlDefaults).isFair,
      hasIdentity: options.featuresOff?.has("APIServerIdentity") !== true,
    }),
    stopping: [shutdown],
  };
}
