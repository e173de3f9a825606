import { services } from "../../../api/generated/resources.ts";
import type { ApiObject } from "../../../api/meta.ts";
import { errorMessage } from "../../../base/assert.ts";
import { type Clock, formatTime, sleep } from "../../../base/clock.ts";
import type { Logger } from "../../../base/log.ts";
import type { Random } from "../../../base/random.ts";
import { KeyExistsError, RevisionMismatchError, type Store } from "../../../store/store.ts";
import type { ObjectReader } from "../../reader.ts";
import { encode } from "../codec.ts";
import { STORAGE_ROOT, storagePrefix } from "../storage-prefix.ts";
import { type Claim, type Owner, planClaimRepair } from "./service-claim-repair.ts";
import { type Holding, holdings } from "./service-holdings.ts";

/** Addresses are objects that everybody sees, as upstream's; ports, which have no kind, are keys of our own. */
const ADDRESSES = storagePrefix("networking.k8s.io", "ipaddresses");
const PORTS = `${STORAGE_ROOT}wherry/node-ports/`;
const TRIES = 5;
/** Upstream's repair of ports runs as often. */
const REPAIR_MS = 3 * 60_000;
const FIRST_REPAIR_MS = 60_000;

export interface ServiceClaimsOptions {
  readonly store: Store;
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Other servers give ports as well; else this one's own memory of them is enough. */
  readonly isShared: boolean;
}

/**
 * Which Service has which address and port, in the store: a key for each, which whoever creates it has taken. So that servers
 * that know nothing of each other give nothing twice. A claim outlives a server that dies between taking it and writing the
 * Service, or between removing the Service and giving it back: the repair finds both.
 */
export class ServiceClaims {
  readonly #options: ServiceClaimsOptions;

  constructor(options: ServiceClaimsOptions) {
    this.#options = options;
  }

  /** Takes an address or port for a Service; false when another has it. */
  async take(holding: Holding, owner: Owner): Promise<boolean> {
    const key = this.#keyOf(holding);
    if (key === undefined) return true;
    const { store } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        await store.create(key, this.#valueOf(holding, owner));
        return true;
      } catch (error) {
        if (!(error instanceof KeyExistsError) || attempt >= TRIES) throw error;
      }
      const stored = await store.get(key);
      if (stored === undefined) continue;
      const theirs = claimOf(holding, stored);
      if (theirs.owner?.namespace !== owner.namespace || theirs.owner.name !== owner.name) return false;
      // Left from an earlier attempt to write this Service. It is written again, so that nobody gives it back meanwhile.
      const isTaken = await this.#attempt(store.update(key, this.#valueOf(holding, owner), stored.revision));
      if (isTaken) return true;
    }
  }

  /** Gives back what a Service no longer holds, if that is so. What fails is left to the repair. */
  async release(released: readonly Holding[], owner: Owner): Promise<void> {
    await Promise.allSettled(released.map((holding) => this.#release(holding, owner)));
  }

  /** Repairs until the signal aborts. Never rejects. */
  async keepRepaired(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    await sleep(clock, FIRST_REPAIR_MS, signal);
    while (!signal.aborted) {
      try {
        await this.repair();
      } catch (error) {
        log.warn("addresses and ports of Services could not be checked", { error: errorMessage(error) });
      }
      await sleep(clock, REPAIR_MS, signal);
    }
  }

  /** Takes what Services hold without a claim, and gives back what nobody holds. */
  async repair(): Promise<void> {
    const { store, reader, clock, log } = this.#options;
    const claims: Claim[] = [];
    for (const [kind, prefix] of this.#prefixes()) {
      const { items } = await store.list({ prefix });
      for (const item of items) claims.push(claimOf(`${kind}/${item.key.slice(prefix.length)}`, item));
    }
    const present = await reader.list(services);
    const plan = planClaimRepair({ services: present, claims, nowMs: clock.now() });
    for (const { holding, owner } of plan.missing) {
      if (await this.take(holding, owner)) continue;
      log.error("two Services hold the same: one of them must be created again", { holding, ...owner });
    }
    for (const { holding, revision } of plan.orphaned) {
      const key = this.#keyOf(holding);
      if (key !== undefined) await this.#attempt(store.delete(key, revision));
    }
  }

  async #release(holding: Holding, owner: Owner): Promise<void> {
    const key = this.#keyOf(holding);
    if (key === undefined) return;
    const { store, reader } = this.#options;
    const stored = await store.get(key);
    if (stored === undefined) return;
    const claim = claimOf(holding, stored);
    if (claim.owner?.namespace !== owner.namespace || claim.owner.name !== owner.name) return;
    const service = await reader.get(services, owner.namespace, owner.name);
    if ([...holdings(service)].includes(holding)) return;
    await this.#attempt(store.delete(key, stored.revision));
  }

  /** False when somebody was faster. */
  async #attempt(write: Promise<unknown>): Promise<boolean> {
    try {
      await write;
      return true;
    } catch (error) {
      if (error instanceof RevisionMismatchError) return false;
      throw error;
    }
  }

  *#prefixes(): Generator<[string, string], void, undefined> {
    yield ["ip", ADDRESSES];
    if (this.#options.isShared) yield ["port", PORTS];
  }

  #keyOf(holding: Holding): string | undefined {
    const [kind, value = ""] = holding.split("/");
    const prefix = new Map(this.#prefixes()).get(kind!);
    return prefix === undefined ? undefined : prefix + value;
  }

  #valueOf(holding: Holding, owner: Owner): Buffer {
    const { clock, random } = this.#options;
    const [kind, value = ""] = holding.split("/");
    const creationTimestamp = formatTime(clock.now());
    if (kind === "port") return Buffer.from(JSON.stringify({ ...owner, creationTimestamp }));
    return encode({
      apiVersion: "networking.k8s.io/v1",
      kind: "IPAddress",
      metadata: {
        name: value,
        uid: random.uuid(),
        creationTimestamp,
        labels: { "ipaddress.kubernetes.io/ip-family": value.includes(":") ? "IPv6" : "IPv4", [MANAGED_BY]: MANAGER },
      },
      spec: { parentRef: { group: "", resource: "services", namespace: owner.namespace, name: owner.name } },
    } as ApiObject);
  }
}

const MANAGED_BY = "ipaddress.kubernetes.io/managed-by";
const MANAGER = "ipallocator.k8s.io";

interface AddressObject extends ApiObject {
  readonly spec?: {
    readonly parentRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
  };
}

function claimOf(holding: Holding, stored: { value: Buffer; revision: number }): Claim {
  const { revision } = stored;
  try {
    const parsed: unknown = JSON.parse(stored.value.toString());
    if (holding.startsWith("port/")) {
      const { namespace, name, creationTimestamp } = parsed as Owner & { creationTimestamp: string };
      return { holding, revision, owner: { namespace, name }, sinceMs: Date.parse(creationTimestamp) };
    }
    const { metadata, spec } = parsed as AddressObject;
    const { resource, namespace = "", name = "" } = spec?.parentRef ?? {};
    // What people make by hand is theirs to remove.
    const isOurs = resource === "services" && metadata?.labels?.[MANAGED_BY] === MANAGER;
    const owner = isOurs ? { namespace, name } : undefined;
    return { holding, revision, owner, sinceMs: Date.parse(metadata?.creationTimestamp ?? "") };
  } catch {
    return { holding, revision, owner: undefined, sinceMs: Number.NaN };
  }
}
