import type { Duplex } from "node:stream";
import type { FeaturesOff, SwitchableFeature } from "../api/feature-gates.ts";
import type { KindDefinition } from "../api/kind.ts";
import type { ResourceSchema, Schema } from "../api/schema.ts";
import type { FlowControlSettings } from "../api/server-settings.ts";
import { Alarms } from "../base/alarms.ts";
import { present } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import { writeExactIntegers } from "../base/exact-json.ts";
import type { Logger } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import type { PortRange } from "../base/port-range.ts";
import type { Random } from "../base/random.ts";
import type { SpanRing } from "../base/trace.ts";
import { turnBudget } from "../base/turn-budget.ts";
import type { Transport } from "../client/transport.ts";
import type { Store } from "../store/store.ts";
import type { AdmissionDependencies, AdmissionPlugin } from "./admission/admission.ts";
import { type AdmissionChain, admissionChain } from "./admission/chain.ts";
import { webhookMetrics } from "./admission/webhook/webhook-metrics.ts";
import { Aggregator } from "./aggregation/aggregator.ts";
import { aggregatedHandler } from "./aggregation/forward.ts";
import { keepLocalServices } from "./aggregation/keep-local-services.ts";
import type { GroupVersion } from "./aggregation/local-services.ts";
import type { RemoteVersion } from "./aggregation/remote-resources.ts";
import type { ProxyCertificate } from "./aggregation/remote-service.ts";
import type { Auditor } from "./audit/auditor.ts";
import { StoreFeed } from "./cache/store-feed.ts";
import { cacheReader } from "./cache-reader.ts";
import { API_SERVER } from "./crd/api-server-identity.ts";
import { type CustomResources, startCustomResources } from "./crd/custom-resources.ts";
import { discoveryFresh } from "./discovery/fresh.ts";
import { servedResources } from "./discovery/served.ts";
import { chain, type Handler } from "./exchange.ts";
import { auditFilter, auditRefusedCredentials } from "./filters/audit.ts";
import { authenticationFilter } from "./filters/authentication.ts";
import { authorizationFilter } from "./filters/authorization.ts";
import { deadlineFilter } from "./filters/deadline.ts";
import { errorsFilter } from "./filters/errors.ts";
import { impersonationFilter } from "./filters/impersonation.ts";
import { metricsFilter } from "./filters/metrics.ts";
import { plainFilter } from "./filters/plain.ts";
import { traceFilter } from "./filters/trace.ts";
import { createFlowControl } from "./flow-control/create-flow-control.ts";
import { deprecationWarning } from "./handlers/deprecation.ts";
import { dispatcher } from "./handlers/dispatch.ts";
import type { PathHandler } from "./handlers/handler.ts";
import { inProcessTransport } from "./in-process-transport.ts";
import { type InProcessIdentity, type LocalRequests, localRequests, seenAtOnce } from "./local-requests.ts";
import { admissionMeter } from "./metrics/admission-metrics.ts";
import { certificateMetrics } from "./metrics/certificate-metrics.ts";
import { impersonationMetrics } from "./metrics/impersonation-metrics.ts";
import { metricsPath } from "./metrics/metrics-path.ts";
import { type RequestMetrics, requestMetrics } from "./metrics/request-metrics.ts";
import { measuredAuthenticator, measuredAuthorizer } from "./metrics/security-metrics.ts";
import { storageMetrics } from "./metrics/storage-metrics.ts";
import { measuredStore } from "./metrics/store-metrics.ts";
import { createWebhookClient } from "./outgoing/create-webhook-client.ts";
import type { WebhookClient } from "./outgoing/webhook-client.ts";
import { servePipe } from "./pipe-server.ts";
import type { ObjectReader } from "./reader.ts";
import { objectMaker } from "./registry/make-object.ts";
import { createResourceTable, type ResourceTable } from "./registry/resource-table.ts";
import { STORAGE_ROOT } from "./registry/storage-prefix.ts";
import { keepServiceCidr } from "./registry/strategies/keep-service-cidr.ts";
import { ServiceClaims } from "./registry/strategies/service-claims.ts";
import { strategyTable } from "./registry/strategies/strategy-table.ts";
import { objectSwapper } from "./registry/swap-object.ts";
import { tableVersions } from "./registry/table-versions.ts";
import { createSecurity, type Security, type SecurityOptions } from "./security.ts";
import type { StartHook, StartHooks } from "./start-hooks.ts";
import { bindingCollection } from "./subresources/binding.ts";
import type { Subresource } from "./subresources/subresource.ts";
import { subresourceTable } from "./subresources/table.ts";
import { componentHealth } from "./virtual/component-health.ts";
import { componentStatuses } from "./virtual/component-statuses.ts";
import { virtualResources } from "./virtual/virtual-resources.ts";

/** Steps of a start that are done when a server is made: what serves has begun, and what it follows is known. */
const AT_WORK: readonly StartHook[] = [
  "start-apiserver-admission-initializer",
  "generic-apiserver-start-informers",
  "priority-and-fairness-config-consumer",
  "priority-and-fairness-filter",
  "max-in-flight-filter",
  "storage-object-count-tracker-hook",
  "start-service-ip-repair-controllers",
  "aggregator-reload-proxy-client-cert",
  "start-kube-aggregator-informers",
  "apiservice-status-local-available-controller",
  "apiservice-status-remote-available-controller",
  "apiservice-registration-controller",
  "apiservice-discovery-controller",
  "kube-apiserver-autoregistration",
  "apiservice-openapi-controller",
  "apiservice-openapiv3-controller",
];
/** Requests of the process's own components that begin in one turn of the event loop. */
const STARTS_A_TURN = 8;

/** What the door is made of; everything that decides comes from outside, so that tests and programs choose. */
export interface ApiServerOptions {
  readonly store: Store;
  /** Other servers work on the same store. */
  readonly isStoreShared?: boolean;
  readonly schema: Schema;
  readonly kinds: readonly KindDefinition[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly spans: SpanRing;
  /** Where the server counts what it does; its own when absent. */
  readonly metrics?: Metrics;
  /** Who takes audit events; it is closed with the server. Nobody when it answers undefined. */
  readonly audit?: (webhooks: WebhookClient) => Promise<Auditor | undefined>;
  /** How many requests run at once, and whose turn it is; without a limit when absent. */
  readonly flowControl?: FlowControlSettings;
  /** Features that are on by default, and are off. */
  readonly featuresOff?: FeaturesOff | undefined;
  /** Told which steps of the start are done. */
  readonly startHooks?: Pick<StartHooks, "done">;
  /** Longest time for a request that is not long-running; 60 s when absent. */
  readonly requestTimeoutMs?: number | undefined;
  /** A watch that says nothing of it ends after this time at the earliest, and twice as much at the latest; half an hour when absent. */
  readonly watchSecondsMin?: number | undefined;
  /** Range of the Services' cluster addresses, e.g. `10.96.0.0/16`. */
  readonly serviceCidr: string;
  /** Ports of nodes for Services; 30000 to 32767 when absent. */
  readonly serviceNodePorts?: PortRange | undefined;
  /** Those among them on which the cluster's own parts listen: no Service gets them. */
  readonly ownPorts?: readonly number[];
  readonly security: SecurityOptions;
  /** Made when the server's own reader and authorizer are there: plugins ask both. */
  readonly admission: (dependencies: AdmissionDependencies) => readonly AdmissionPlugin[];
  /** What who wires the server adds: streams to kubelets, by `group/resource/subresource`. */
  readonly subresources?: Readonly<Record<string, Subresource>>;
  /** Writes an APIService for each group-version that is served here. */
  readonly keepsLocalServices?: boolean;
  /** How the server proves itself to aggregated API servers. */
  readonly proxyCertificate?: ProxyCertificate;
  /** Plain paths besides those of the server itself; `remote` is what aggregated servers serve. */
  readonly paths?: (
    table: ResourceTable,
    served: Schema,
    remote: () => readonly RemoteVersion[],
  ) => readonly PathHandler[];
}

/** A running API server without a network: the edge and in-process transports are put before its handler. */
export interface ApiServer {
  readonly handler: Handler;
  readonly reader: ObjectReader;
  readonly table: ResourceTable;
  readonly requests: RequestMetrics;
  /** A transport for a component of this process, with its own identity. */
  transport(identity: InProcessIdentity): Transport;
  /** The same for components in another process, which has the pipe's other end (client/pipe-transport.ts). */
  servePipe(pipe: Duplex): void;
  /** Stops following the store. Idempotent. */
  close(): Promise<void>;
}

/** Resolves when the server can decide who may do what; its objects are read when they are first asked for. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { clock, random, log, metrics = new Metrics(), featuresOff } = options;
  const isOff = (feature: SwitchableFeature): boolean => featuresOff?.has(feature) === true;
  const store = measuredStore(options.store, { metrics, clock, resources: options.schema.resources });
  writeExactIntegers();
  const stopping = new AbortController();
  const reader = cacheReader(() => table);
  const webhooks = createWebhookClient({ reader, clock, random, own: (request, signal) => own(request, signal) });
  // First of all what may refuse its configuration: nothing runs yet that would have to be stopped.
  const auditor = await options.audit?.(webhooks);
  const feed = new StoreFeed({ store, root: STORAGE_ROOT, clock, log: log.named("cache") });
  const following = feed.run(stopping.signal);
  let security: Security | undefined;
  let plugins: AdmissionChain | undefined;
  let custom: CustomResources | undefined;
  const authorization = () => present(security, "the server's security").authorization;
  const lateAdmission: AdmissionChain = {
    admit: (attributes) => present(plugins, "the admission chain").admit(attributes),
    validate: (attributes) => present(plugins, "the admission chain").validate(attributes),
  };
  const claims = new ServiceClaims({ ...options, reader, isShared: options.isStoreShared === true });
  const table = createResourceTable({
    schema: options.schema,
    kinds: options.kinds,
    store,
    feed,
    admission: lateAdmission,
    strategies: strategyTable(options, { reader, authorization, claims, signed: certificateMetrics(metrics) }),
  });
  const inTurns = turnBudget(STARTS_A_TURN);
  const local = seenAtOnce((exchange) => handler(exchange), feed);
  const own = localRequests(local, { user: API_SERVER, userAgent: "kube-apiserver" }, inTurns);
  const transport = () => inProcessTransport(own, clock);
  security = await createSecurity({ reader, webhooks, log, metrics, featuresOff, transport }, options.security);
  const versions = tableVersions(() => table);
  const webhookObserver = webhookMetrics(metrics);
  const admission = options.admission({
    reader,
    clock,
    random,
    webhooks,
    versions,
    metrics,
    webhookObserver,
    swap: objectSwapper(() => table),
    ensure: objectMaker(transport),
    authorizer: authorization,
  });
  plugins = admissionChain(admission, admissionMeter(metrics, clock));
  const handlers = { ...security.virtual, "/v1/bindings": bindingCollection(() => table) };
  const virtual = virtualResources(options.schema, handlers, lateAdmission);
  const isServed = ({ group, version, resource, verbs }: ResourceSchema): boolean =>
    verbs.includes("list") || virtual[`${group}/${version}/${resource}`] !== undefined;
  const served: Schema = { ...options.schema, resources: options.schema.resources.filter(isServed) };
  const requests = requestMetrics(metrics, {
    isServed: ({ target: { resourceKey } }) => table.at(resourceKey) !== undefined || resourceKey in virtual,
    isDeprecated: (info) =>
      (table.at(info.target.resourceKey)?.custom?.warning ?? deprecationWarning(info.target.resourceKey)) !== undefined,
  });
  storageMetrics(metrics, table);
  const inside = new Set<string>();
  const enter = (identity: InProcessIdentity): LocalRequests => {
    inside.add(identity.user.name);
    return localRequests(local, identity, inTurns);
  };
  const isInside = (component: string): boolean => inside.has(`system:${component}`);
  const flowControl =
    options.flowControl &&
    createFlowControl(options.flowControl, { clock, metrics, log: log.named("flow-control"), reader, table });
  const auditing = auditor === undefined ? undefined : { auditor, clock, random };
  const aggregator = new Aggregator({
    ...{ reader, webhooks, clock, certificate: options.proxyCertificate },
    transport,
    log: log.named("aggregation"),
  });
  const handler = chain(
    [
      ...(isOff("APIResponseCompression") ? [plainFilter] : []),
      traceFilter(options.spans),
      metricsFilter(requests, clock),
      errorsFilter(log.named("apiserver")),
      deadlineFilter(clock, options.requestTimeoutMs),
      authenticationFilter(
        measuredAuthenticator(security.authentication, metrics, clock),
        log.named("authentication"),
        (exchange) => {
          if (auditing !== undefined) auditRefusedCredentials(exchange, auditing);
        },
      ),
      ...(auditing === undefined ? [] : [auditFilter(auditing)]),
      impersonationFilter(security.authorization, {
        observer: impersonationMetrics(metrics, clock),
        isConstrained: !isOff("ConstrainedImpersonation"),
      }),
      ...(flowControl === undefined ? [] : [flowControl.filter]),
      authorizationFilter(measuredAuthorizer(security.authorization, metrics, clock)),
    ],
    dispatcher({
      table,
      subresources: {
        ...subresourceTable({ reader, table: () => table }),
        ...security.subresources,
        ...options.subresources,
      },
      virtual,
      computed: { "/v1/componentstatuses": componentStatuses(componentHealth({ reader, store, clock, isInside })) },
      paths: [
        discoveryFresh(() => custom?.fresh()),
        ...security.paths,
        metricsPath(metrics),
        ...(flowControl?.paths ?? []),
        ...(options.paths?.(table, served, () => aggregator.versions()) ?? []),
      ],
      builtInGroups: new Set(options.schema.resources.map(({ group }) => group)),
      elsewhere: aggregatedHandler(aggregator),
      environment: {
        ...{ clock, random, alarms: new Alarms(clock), authorizer: security.authorization },
        watchSecondsMin: options.watchSecondsMin,
        refusesInitialEvents: isOff("WatchList"),
      },
      // Built-in groups have no dot, or are known.
      tableFresh: async ({ group }) => (group.includes(".") ? custom?.fresh() : undefined),
    }),
  );
  custom = await startCustomResources({
    ...{ reader, table, store, feed, webhooks, clock, random, builtIn: options.schema, admission: lateAdmission },
    transport: transport(),
    log: log.named("crd"),
  });
  const done = (...hooks: readonly StartHook[]): void => options.startHooks?.done(...hooks);
  done("start-apiextensions-informers", "start-apiextensions-controllers", "crd-informer-synced");
  await aggregator.start();
  flowControl?.run(transport(), () => done("priority-and-fairness-config-producer"));
  const resources = servedResources(table, served);
  const localServices = options.keepsLocalServices
    ? keepLocalServices({
        ...{ reader, transport, clock, signal: stopping.signal },
        subscribe: eitherOf(table.subscribe, custom.onUnread),
        unread: custom.unreadGroups,
        served: () => groupVersionsOf(resources()),
        written: () => done("autoregister-completion"),
        log: log.named("aggregation"),
      })
    : undefined;
  const repairing = claims.keepRepaired(stopping.signal);
  const serviceRange = options.keepsLocalServices
    ? keepServiceCidr({
        ...{ ...options, reader, transport, signal: stopping.signal, log: log.named("services") },
        looked: () => done("start-kubernetes-service-cidr-controller"),
      })
    : undefined;
  done(...AT_WORK);
  return {
    handler,
    reader,
    table,
    requests,
    transport: (identity) => inProcessTransport(enter(identity), clock),
    servePipe: (pipe) => servePipe(pipe, enter, clock),
    async close() {
      await aggregator.close();
      await custom?.close();
      await security?.close();
      await flowControl?.close();
      await auditor?.close();
      await webhooks.close();
      stopping.abort();
      await Promise.all([following, repairing, localServices, serviceRange]);
    },
  };
}

type Subscribe = (listener: () => void) => () => void;

function eitherOf(...sources: readonly Subscribe[]): Subscribe {
  return (listener) => {
    const stops = sources.map((subscribe) => subscribe(listener));
    return () => {
      for (const stop of stops) stop();
    };
  };
}

function groupVersionsOf(resources: readonly ResourceSchema[]): readonly GroupVersion[] {
  const named = resources.map(({ group, version }) => [`${group}/${version}`, { group, version }] as const);
  return [...new Map(named).values()];
}
