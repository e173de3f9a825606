import type { APIService } from "../../api/generated/apiregistration.k8s.io/v1.ts";
import type { Service } from "../../api/generated/core/v1.ts";
import type { EndpointSlice } from "../../api/generated/discovery.k8s.io/v1.ts";
import { apiServices, endpointSlices, services } from "../../api/generated/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Clock, formatTime, type Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Transport } from "../../client/transport.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { Connection } from "../connect/forward.ts";
import type { WebhookClient } from "../outgoing/webhook-client.ts";
import type { ObjectReader } from "../reader.ts";
import { askRemote, getRemote, type RemoteRequest, urlOf } from "./ask-remote.ts";
import { type Availability, failedDiscovery, PASSED, plannedAvailability, withAvailability } from "./availability.ts";
import { discoverRemote } from "./remote-discovery.ts";
import { type RemoteDiscovery, type RemoteVersion, remoteOpenapiUrl } from "./remote-resources.ts";
import { apiServiceName, isRemote, type ProxyCertificate, RemoteConnections } from "./remote-service.ts";

/** How often an APIService is looked at when nothing changes (kube-aggregator: 30 s), and while it is not available or not discovered. */
const RECHECK_MS = 30_000;
const RECHECK_FAILED_MS = 5000;
const DISCOVERY_TIMEOUT_MS = 5000;

/** Who asks other servers what they serve. */
const AGGREGATOR: UserInfo = { name: "system:kube-aggregator", groups: ["system:masters"] };

export interface AggregatorOptions {
  readonly reader: ObjectReader;
  /** Writes status as the API server itself. Asked when it is first needed. */
  readonly transport: () => Transport;
  readonly webhooks: WebhookClient;
  readonly certificate: ProxyCertificate | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One APIService that another server answers for, and what is known of that server. */
export interface RemoteService {
  readonly object: APIService;
  readonly availability: Availability | undefined;
}

interface Tracked {
  object: APIService;
  availability: Availability | undefined;
  discovery: RemoteDiscovery;
  /** Discovery could not be asked lately. */
  isStale: boolean;
  openapiUrl: string | undefined;
  timer: Timer | undefined;
  checking: Promise<void> | undefined;
  again: boolean;
}

/**
 * Follows the APIServices that other servers answer for: looks whether each can be asked, keeps what it serves for discovery,
 * and writes its condition. Nothing is asked, and nothing else is read, before there is one.
 */
export class Aggregator {
  readonly connections: RemoteConnections;
  readonly #options: AggregatorOptions;
  readonly #tracked = new Map<string, Tracked>();
  readonly #unfollow: (() => void)[] = [];
  readonly #stopping = new AbortController();
  #followingServices: Promise<void> | undefined;
  #versions: readonly RemoteVersion[] = [];

  constructor(options: AggregatorOptions) {
    this.#options = options;
    this.connections = new RemoteConnections(options);
  }

  /** Resolves when the APIServices that are there are known; their servers are asked after that. */
  async start(): Promise<void> {
    const unfollow = await this.#options.reader.follow<APIService>(apiServices, ({ before, after }) => {
      const name = (after ?? before)?.metadata?.name ?? "";
      if (after === undefined || !isRemote(after)) this.#forget(name);
      else this.#track(name, after);
    });
    this.#unfollow.push(unfollow);
  }

  /** The server that answers for a group and version, where that is not this one. */
  find(group: string, version: string): RemoteService | undefined {
    if (this.#tracked.size === 0) return undefined;
    return this.#tracked.get(apiServiceName({ group, version }));
  }

  /** What other servers serve. The same array until something changes. */
  versions(): readonly RemoteVersion[] {
    return this.#versions;
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#followingServices;
    for (const unfollow of this.#unfollow) unfollow();
    for (const { timer } of this.#tracked.values()) timer?.cancel();
    await Promise.all([...this.#tracked.values()].map(({ checking }) => checking));
  }

  #track(name: string, object: APIService): void {
    const known = this.#tracked.get(name);
    if (known === undefined) {
      const tracked: Tracked = {
        ...{ object, availability: undefined, discovery: {}, isStale: true, openapiUrl: undefined },
        ...{ timer: undefined, checking: undefined, again: false },
      };
      this.#tracked.set(name, tracked);
      this.#refreshVersions();
      this.#followingServices ??= this.#followServices();
      this.#check(name);
      return;
    }
    const isSame = JSON.stringify(known.object.spec) === JSON.stringify(object.spec);
    known.object = object;
    if (!isSame) this.#check(name);
  }

  #forget(name: string): void {
    const tracked = this.#tracked.get(name);
    if (tracked === undefined) return;
    tracked.timer?.cancel();
    this.#tracked.delete(name);
    this.#refreshVersions();
  }

  async #followServices(): Promise<void> {
    const { reader, log } = this.#options;
    const wake = (namespace = "", name = ""): void => {
      for (const [key, { object }] of this.#tracked) {
        const { service } = object.spec ?? {};
        if (service?.namespace === namespace && service.name === name) this.#check(key);
      }
    };
    try {
      this.#unfollow.push(
        await reader.follow<Service>(services, ({ before, after }) => {
          const { namespace, name } = (after ?? before)?.metadata ?? {};
          wake(namespace, name);
        }),
        await reader.follow<EndpointSlice>(endpointSlices, ({ before, after }) => {
          const { namespace, labels } = (after ?? before)?.metadata ?? {};
          wake(namespace, labels?.["kubernetes.io/service-name"]);
        }),
      );
    } catch (error) {
      this.#followingServices = undefined;
      log.warn("cannot follow the Services of APIServices", { error: errorMessage(error) });
    }
  }

  /** Looks at an APIService soon; wishes that come while it is looked at become one more look. */
  #check(name: string): void {
    const tracked = this.#tracked.get(name);
    if (tracked === undefined || this.#stopping.signal.aborted) return;
    if (tracked.checking !== undefined) {
      tracked.again = true;
      return;
    }
    tracked.timer?.cancel();
    tracked.checking = this.#look(name, tracked).finally(() => {
      tracked.checking = undefined;
      if (this.#tracked.get(name) !== tracked || this.#stopping.signal.aborted) return;
      const isWell = tracked.availability?.status === "True" && !tracked.isStale;
      const waitMs = isWell ? RECHECK_MS : RECHECK_FAILED_MS;
      if (tracked.again) this.#check(name);
      else tracked.timer = this.#options.clock.setTimer(() => this.#check(name), waitMs);
    });
  }

  async #look(name: string, tracked: Tracked): Promise<void> {
    const { log } = this.#options;
    tracked.again = false;
    try {
      const availability = await this.#availabilityOf(tracked);
      if (this.#tracked.get(name) !== tracked) return;
      tracked.availability = availability;
      // Who waits until the condition says that it is available shall find it in discovery.
      await this.#discover(tracked);
      if (this.#tracked.get(name) !== tracked) return;
      this.#refreshVersions();
      await this.#write(name, availability);
    } catch (error) {
      if (!this.#stopping.signal.aborted) log.warn("cannot check an APIService", { name, error: errorMessage(error) });
    }
  }

  async #availabilityOf(tracked: Tracked): Promise<Availability> {
    const { reader } = this.#options;
    const { spec } = tracked.object;
    const { namespace = "", name = "" } = spec?.service ?? {};
    const [service, slices] = await Promise.all([
      reader.get<Service>(services, namespace, name),
      reader.list<EndpointSlice>(endpointSlices, namespace),
    ]);
    const planned = plannedAvailability(tracked.object, { service, slices });
    if (planned !== undefined) return planned;
    const path = pathOf(tracked.object);
    const connection = await this.connections.connectionTo(tracked.object).catch((error: unknown) => error);
    if (connection instanceof Error) return failedDiscovery(connection.message);
    try {
      const { code } = await this.#get(tracked.object, { path }, getRemote);
      if (code >= 200 && code < 300) return PASSED;
      throw new Error(`bad status from ${urlOf(connection as Connection, path)}: ${code}`);
    } catch (error) {
      return failedDiscovery(
        `failing or missing response from ${urlOf(connection as Connection, path)}: ${errorMessage(error)}`,
      );
    }
  }

  /** What a server said once holds until it says something else. As upstream, it is asked also while it is not available. */
  async #discover(tracked: Tracked): Promise<void> {
    const { object } = tracked;
    const ask = (path: string, accept: string) => this.#get(object, { path, accept }, getRemote);
    try {
      tracked.discovery = await discoverRemote(object, pathOf(object), ask);
      tracked.openapiUrl = await this.#openapiUrlOf(object);
      tracked.isStale = false;
    } catch (error) {
      tracked.isStale = true;
      const name = object.metadata?.name;
      this.#options.log.debug("cannot discover what an APIService serves", { name, error: errorMessage(error) });
    }
  }

  /** A server without documents of that form is as good as any other. */
  async #openapiUrlOf(service: APIService): Promise<string | undefined> {
    try {
      return remoteOpenapiUrl(await this.#ask(service, "/openapi/v3"), service);
    } catch {
      return undefined;
    }
  }

  #ask(service: APIService, path: string): Promise<unknown> {
    return this.#get(service, { path }, askRemote);
  }

  async #get<T>(
    service: APIService,
    request: Pick<RemoteRequest, "path" | "accept">,
    send: (connection: Connection, request: RemoteRequest) => Promise<T>,
  ): Promise<T> {
    const timeout = new AbortController();
    const timer = this.#options.clock.setTimer(
      () => timeout.abort(new Error("context deadline exceeded")),
      DISCOVERY_TIMEOUT_MS,
    );
    const signal = AbortSignal.any([timeout.signal, this.#stopping.signal]);
    try {
      const connection = await this.connections.connectionTo(service);
      return await send(connection, { ...request, user: AGGREGATOR, signal });
    } finally {
      timer.cancel();
    }
  }

  async #write(name: string, availability: Availability): Promise<void> {
    const { transport, reader, clock } = this.#options;
    const current = await reader.get<APIService>(apiServices, undefined, name);
    if (current === undefined) return;
    const conditions = withAvailability(current, availability, formatTime(clock.now()));
    if (conditions === current.status?.conditions) return;
    const path = `/apis/apiregistration.k8s.io/v1/apiservices/${name}/status`;
    const body = { ...current, status: { ...current.status, conditions } };
    try {
      await transport().request({ method: "PUT", path, body });
    } catch (error) {
      // Somebody was faster, or it is gone: the next look sees that.
      if (!isConflict(error) && !isNotFound(error)) throw error;
      if (isConflict(error)) this.#check(name);
    }
  }

  #refreshVersions(): void {
    this.#versions = [...this.#tracked.values()].map(({ object, availability, discovery, isStale, openapiUrl }) => ({
      group: object.spec?.group ?? "",
      version: object.spec?.version ?? "",
      groupPriorityMinimum: object.spec?.groupPriorityMinimum ?? 0,
      versionPriority: object.spec?.versionPriority ?? 0,
      ...discovery,
      openapiUrl,
      openapiV2: () => this.#ask(object, "/openapi/v2"),
      isAvailable: availability?.status === "True",
      isStale,
    }));
  }
}

/** What a server must answer to be asked anything else. */
function pathOf({ spec }: APIService): string {
  return spec?.group ? `/apis/${spec.group}/${spec.version}` : `/api/${spec?.version}`;
}
