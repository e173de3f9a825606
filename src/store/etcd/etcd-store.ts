import { invariant } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import { checkKey } from "../memory/key-order.ts";
import {
  type ListRequest,
  type ListResult,
  RevisionMismatchError,
  type Store,
  type StoredValue,
  StoreUnavailableError,
  type WatchBatch,
  type WatchRequest,
  type WriteOptions,
  type WriteResult,
} from "../store.ts";
import { HistoryStart } from "./compaction.ts";
import { Compactor } from "./compactor.ts";
import { Connection } from "./connection.ts";
import { type EtcdAddress, endpointTargets } from "./endpoint.ts";
import { EtcdError } from "./errors.ts";
import { type KeySpace, wholeKeySpace } from "./keys.ts";
import { Leases } from "./leases.ts";
import { LocalWatch } from "./local-watch.ts";
import { OwnWrites } from "./own-writes.ts";
import { Pulse } from "./pulse.ts";
import { Quorum } from "./quorum.ts";
import { listKeys, type ReadContext, readKey } from "./reads.ts";
import type { RecentLimits } from "./recent-events.ts";
import { DEFAULT_RECENT_LIMITS, Trunk } from "./trunk.ts";
import type { WatcherContext } from "./watcher.ts";
import { type Intent, write } from "./writes.ts";

export interface EtcdStoreOptions extends EtcdAddress {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Where keys are in etcd; unchanged when absent. */
  readonly keys?: KeySpace;
  /** A key that may be read, whether anything is there or not. */
  readonly probeKey?: string;
  /** All watches are below this prefix; anywhere when absent. */
  readonly watchPrefix?: string;
  /** How many changes are kept for watches that come back or are slow; beyond them they ask etcd. */
  readonly recent?: RecentLimits;
  /** History is forgotten by one of all servers after this time; by nobody here when absent. */
  readonly compactionIntervalMs?: number;
}

interface EtcdStoreParts {
  readonly context: WatcherContext & ReadContext;
  readonly leases: Leases;
  readonly pulse: Pulse;
  readonly compactor: Compactor | undefined;
  readonly watchPrefix: string;
  readonly recent: RecentLimits;
}

/**
 * The store on an etcd cluster, 3.4 or newer, which any number of processes share.
 * @throws EtcdAddressError, StoreUnavailableError before anything is changed
 */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<EtcdStore> {
  const { clock, random, log, keys = wholeKeySpace } = options;
  const connection = await Connection.open({
    endpoints: endpointTargets(options),
    clock,
    random,
    log: log.named("etcd"),
  });
  try {
    await connection.checkMembers();
    const probe = keys.toEtcd(options.probeKey ?? "/");
    const history = new HistoryStart(connection, { key: probe, clock });
    const quorum = new Quorum(connection, probe);
    await quorum.revision();
    await history.look();
    const own = { connection, quorum, history, keys, ownWrites: new OwnWrites(), clock, log: log.named("etcd") };
    const intervalMs = options.compactionIntervalMs;
    return new EtcdStore({
      context: own,
      leases: new Leases(connection, { clock, random }),
      pulse: new Pulse(quorum, clock),
      watchPrefix: options.watchPrefix ?? "",
      recent: options.recent ?? DEFAULT_RECENT_LIMITS,
      compactor: intervalMs === undefined ? undefined : new Compactor({ ...own, intervalMs }),
    });
  } catch (error) {
    connection.close();
    throw error instanceof EtcdError ? new StoreUnavailableError(error.message) : error;
  }
}

/** The seam over etcd. Values, revisions and history are etcd's own; here is only what is under way. */
export class EtcdStore implements Store {
  readonly #context: WatcherContext & ReadContext;
  readonly #leases: Leases;
  readonly #pulse: Pulse;
  readonly #compactor: Compactor | undefined;
  readonly #watchPrefix: string;
  readonly #recent: RecentLimits;
  readonly #watches = new Set<LocalWatch>();
  #trunk: Trunk | undefined;
  /** One write of a key at a time, so that a refusal names what is there. */
  readonly #writing = new Map<string, Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor({ context, leases, pulse, compactor, watchPrefix, recent }: EtcdStoreParts) {
    this.#context = context;
    this.#leases = leases;
    this.#pulse = pulse;
    this.#compactor = compactor;
    this.#watchPrefix = watchPrefix;
    this.#recent = recent;
  }

  /** For people: which etcd this is. */
  get description(): string {
    const { members } = this.#context.connection;
    const version = members.find(({ identity }) => identity !== undefined)?.identity?.version ?? "";
    return `etcd ${version}, ${members.length === 1 ? "one server" : `${members.length} servers`}`;
  }

  /** What is wrong with etcd, if anything is. */
  health(): string | undefined {
    return this.#pulse.health();
  }

  /** The process is about to end: an etcd that does not answer is not waited for as long as usual. */
  hurry(): void {
    this.#context.connection.hurry();
  }

  revision(): number {
    return this.#context.connection.revision;
  }

  async currentRevision(): Promise<number> {
    this.#checkOpen();
    const revision = await this.#context.quorum.revision();
    this.#trunk?.want(revision);
    return revision;
  }

  compactedRevision(): number {
    return this.#context.history.revision;
  }

  async get(key: string, options?: { revision?: number }): Promise<StoredValue | undefined> {
    this.#checkOpen();
    return await readKey(this.#context, key, options?.revision);
  }

  async list(request: ListRequest): Promise<ListResult> {
    this.#checkOpen();
    return await listKeys(this.#context, request);
  }

  create(key: string, value: Buffer, options?: WriteOptions): Promise<WriteResult> {
    return this.#write(key, { expectedRevision: 0, value, timeToLiveSeconds: options?.timeToLiveSeconds });
  }

  update(key: string, value: Buffer, expectedRevision: number, options?: WriteOptions): Promise<WriteResult> {
    if (expectedRevision <= 0) return this.#refuse(key, expectedRevision);
    return this.#write(key, { expectedRevision, value, timeToLiveSeconds: options?.timeToLiveSeconds });
  }

  delete(key: string, expectedRevision: number): Promise<WriteResult> {
    if (expectedRevision <= 0) return this.#refuse(key, expectedRevision);
    return this.#write(key, { expectedRevision, value: undefined });
  }

  watch(request: WatchRequest): AsyncIterable<WatchBatch> {
    return { [Symbol.asyncIterator]: () => this.#iterate(request) };
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen();
    await this.#context.history.compact(revision);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #write(key: string, change: Omit<Intent, "name" | "key">): Promise<WriteResult> {
    checkKey(key);
    this.#checkOpen();
    const { connection, keys, ownWrites, clock } = this.#context;
    const context = { connection, leases: this.#leases, clock };
    const before = this.#writing.get(key);
    const writing = (async () => {
      await before?.catch(() => {});
      const intent: Intent = { ...change, name: key, key: keys.toEtcd(key) };
      let result: WriteResult | undefined;
      try {
        ownWrites.begin(key, intent);
        result = await write(context, intent);
        return result;
      } finally {
        ownWrites.end(key, result?.revision);
      }
    })();
    this.#writing.set(key, writing);
    try {
      return await writing;
    } finally {
      if (this.#writing.get(key) === writing) this.#writing.delete(key);
    }
  }

  /** No key was ever written at revision 0, which is etcd's word for "not there". */
  async #refuse(key: string, expectedRevision: number): Promise<never> {
    throw new RevisionMismatchError(key, expectedRevision, await this.get(key));
  }

  #iterate(request: WatchRequest): AsyncIterator<WatchBatch> {
    const context = this.#context;
    if (this.#closing !== undefined) return { next: async () => ({ done: true, value: undefined }) };
    this.#trunk ??= new Trunk(this.#watchPrefix, context, this.#recent);
    invariant(this.#trunk.covers(request.prefix), `watches are below ${this.#watchPrefix}`);
    const watch = new LocalWatch(request, { context, trunk: this.#trunk }, (ended) => this.#watches.delete(ended));
    this.#watches.add(watch);
    return watch;
  }

  async #close(): Promise<void> {
    this.#pulse.stop();
    this.#compactor?.stop();
    await Promise.allSettled(this.#writing.values());
    for (const watch of [...this.#watches]) watch.end();
    this.#trunk?.end();
    this.#context.connection.close();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new StoreUnavailableError("the store is closed");
  }
}
