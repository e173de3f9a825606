import { isHeadless } from "../../../api/core/validate-cluster-ips.ts";
import { needsHealthCheck } from "../../../api/core/validate-service.ts";
import { invalid, invalidObject } from "../../../api/field-error.ts";
import type { Service } from "../../../api/generated/core/v1.ts";
import { serviceCIDRs, services } from "../../../api/generated/resources.ts";
import { ipFamily, parseIp } from "../../../api/ip-address.ts";
import { internalError } from "../../../api/status.ts";
import { formatPortRange, type PortRange } from "../../../base/port-range.ts";
import type { Random } from "../../../base/random.ts";
import type { ObjectReader } from "../../reader.ts";
import { RangeAllocator } from "../allocator.ts";
import { defineStrategy, type Strategy, type Undo, type WriteContext } from "../strategy.ts";
import { AddressPool } from "./address-pool.ts";
import type { Owner } from "./service-claim-repair.ts";
import type { ServiceClaims } from "./service-claims.ts";
import { completeFamilies, type IpFamilyName, keepsPreferredFamilies } from "./service-families.ts";
import { type Holding, holdings, holdingsWithout } from "./service-holdings.ts";
import { giveChangedPorts, giveNewPorts, type NodePorts } from "./service-ports.ts";

/** Ports that NodePort Services get where nobody says others (kube-apiserver --service-node-port-range). */
const NODE_PORTS: PortRange = { first: 30_000, size: 2768 };
/** So many of a range are left to people first: a 32nd part, within these bounds (KEP-3668). */
const RESERVED_PART = 32;
const RESERVED_MIN = 16;
const RESERVED_MAX = 128;
/** What a dry run shows where nobody chooses. */
const DRY_PORT = 32_768;

/** A free number that another server has taken is followed by so many others. */
const TRIES = 100;

/** Gives Services their cluster addresses and node ports. */
export function serviceStrategy(options: {
  reader: ObjectReader;
  serviceCidr: string;
  serviceNodePorts?: PortRange | undefined;
  ownPorts?: readonly number[];
  random: Random;
  claims: ServiceClaims;
}): Strategy {
  const allocation = new ServiceAllocation(options);
  return defineStrategy<Service>({
    createOnUpdate: true,
    async beforeCreate(draft, context) {
      await allocation.ready(options.reader);
      return allocation.give(draft, undefined, context);
    },
    async beforeUpdate(draft, old, context) {
      await allocation.ready(options.reader);
      return allocation.give(draft, old, context);
    },
    afterUpdate: (service, old) => options.claims.release(holdingsWithout(old, service), ownerOf(service)),
    afterDelete: (service) => options.claims.release([...holdings(service)], ownerOf(service)),
  });
}

/** What the draft gets anew: reserved here, and claimed for all servers unless it is only for show. */
interface Giving {
  readonly owner: Owner;
  readonly isDry: boolean;
  readonly before: ReadonlySet<Holding>;
  readonly fresh: Holding[];
}

class ServiceAllocation {
  readonly #addresses: AddressPool;
  readonly #families: readonly IpFamilyName[];
  readonly #portRange: PortRange;
  readonly #ports: RangeAllocator;
  readonly #claims: ServiceClaims;
  #following: Promise<unknown> | undefined;

  constructor(options: {
    serviceCidr: string;
    serviceNodePorts?: PortRange | undefined;
    ownPorts?: readonly number[];
    random: Random;
    claims: ServiceClaims;
  }) {
    this.#claims = options.claims;
    const ranges = options.serviceCidr.split(",");
    this.#families = ranges.map((range) => (range.includes(":") ? "IPv6" : "IPv4"));
    this.#addresses = new AddressPool(ranges, options.random);
    this.#portRange = options.serviceNodePorts ?? NODE_PORTS;
    this.#ports = new RangeAllocator(this.#portRange, options.random);
    for (const port of options.ownPorts ?? []) this.#ports.reserve(port);
  }

  /** What stored Services hold is reserved, and given back when they go or change. */
  ready(reader: ObjectReader): Promise<unknown> {
    this.#following ??= Promise.all([
      reader.follow(serviceCIDRs, ({ before, after }) => this.#addresses.change(before, after)),
      reader.follow(services, ({ before, after }) => {
        const held = new Set([...holdings(after)]);
        for (const holding of holdings(before)) if (!held.has(holding)) this.#release(holding);
        for (const holding of held) this.#reserve(holding);
      }),
    ]);
    return this.#following;
  }

  /** Completes the draft; answers how to give back what is newly reserved if the write fails. */
  async give(draft: Service, old: Service | undefined, context: WriteContext): Promise<Undo> {
    const giving: Giving = {
      owner: ownerOf(draft),
      isDry: context.dryRun,
      before: new Set(holdings(old)),
      fresh: [],
    };
    const undo = async (): Promise<void> => {
      if (giving.isDry) return;
      await this.#claims.release(giving.fresh, giving.owner);
      for (const holding of giving.fresh) this.#release(holding);
    };
    try {
      completeFamilies(draft, old, this.#families);
      await this.#giveAddresses(draft, old, giving);
      const ports = this.#nodePorts(draft, giving);
      await (old === undefined ? giveNewPorts(draft.spec!, ports) : giveChangedPorts(draft.spec!, ports));
      await this.#giveHealthCheckPort(draft, ports);
    } catch (error) {
      await undo();
      throw error;
    }
    return undo;
  }

  async #giveAddresses(draft: Service, old: Service | undefined, giving: Giving): Promise<void> {
    const spec = draft.spec!;
    const before = old?.spec;
    if (spec.type === "ExternalName" || isHeadless(spec) || keepsPreferredFamilies(spec, before)) return;
    const families = spec.ipFamilies ?? [];
    let first = 0;
    if (before !== undefined && before.type !== "ExternalName") {
      // Only a second family comes later; what else changes is refused.
      if (isHeadless(before) || before.ipFamilies?.length !== 1 || families.length !== 2) return;
      first = 1;
    }
    const addresses = [...(spec.clusterIPs ?? [])];
    for (const [index, family] of families.entries()) {
      if (index < first) continue;
      const asked = addresses[index];
      if (asked) await this.#takeAddress(draft, asked, giving);
      else addresses[index] = await this.#takeAnyAddress(family === "IPv6" ? 6 : 4, giving);
    }
    if (addresses.length === 0) return;
    spec.clusterIPs = addresses;
    spec.clusterIP = addresses[0]!;
  }

  async #takeAnyAddress(family: 4 | 6, giving: Giving): Promise<string> {
    const passed: string[] = [];
    try {
      while (passed.length < TRIES) {
        const address = giving.isDry ? this.#addresses.sample(family) : this.#addresses.allocate(family);
        if (address === undefined) break;
        if (await this.#claim(`ip/${address}`, giving)) return address;
        passed.push(address);
      }
      throw internalError("failed to allocate a serviceIP: range is full");
    } finally {
      // Whoever has them shows it by its Service.
      for (const address of passed) this.#addresses.release(address);
    }
  }

  async #takeAddress(draft: Service, asked: string, giving: Giving): Promise<void> {
    const address = parseIp(asked)?.canonical ?? asked;
    const holding = `ip/${address}`;
    if (giving.before.has(holding)) return;
    const refuse = (why: string): Error =>
      refused(draft, "spec.clusterIPs", {
        value: draft.spec?.clusterIPs,
        why: `failed to allocate IP ${asked}: ${why}`,
      });
    if (ipFamily(address) === 0 || !this.#addresses.contains(address)) {
      throw refuse("the provided network does not match the current range");
    }
    if (giving.isDry) return;
    const isTaken = this.#addresses.reserve(address);
    if (!isTaken) throw refuse("provided IP is already allocated");
    await this.#claimReserved(holding, giving, () => refuse("provided IP is already allocated"));
  }

  async #claim(holding: Holding, giving: Giving): Promise<boolean> {
    if (giving.isDry) return true;
    if (!(await this.#claims.take(holding, giving.owner))) return false;
    giving.fresh.push(holding);
    return true;
  }

  /** Claims what is reserved here; gives the reservation back when another server has it. */
  async #claimReserved(holding: Holding, giving: Giving, refuse: () => Error): Promise<void> {
    let isTaken = false;
    try {
      isTaken = await this.#claim(holding, giving);
    } finally {
      if (!isTaken) this.#release(holding);
    }
    if (!isTaken) throw refuse();
  }

  #nodePorts(draft: Service, giving: Giving): NodePorts {
    return giving.isDry ? this.#dryPorts(draft, giving) : this.#livePorts(draft, giving);
  }

  #livePorts(draft: Service, giving: Giving): NodePorts {
    return {
      isKept: (port) => giving.before.has(`port/${port}`),
      take: async (port, field) => {
        const refuse = (why: string): Error => refusedPort(draft, port, { field, why });
        if (!this.#ports.contains(port)) {
          const range = formatPortRange(this.#portRange);
          throw refuse(`provided port is not in the valid range. The range of valid ports is ${range}`);
        }
        const taken = "provided port is already allocated";
        if (!this.#ports.reserve(port)) throw refuse(taken);
        await this.#claimReserved(`port/${port}`, giving, () => refuse(taken));
      },
      takeAny: async (what) => {
        const passed: number[] = [];
        try {
          while (passed.length < TRIES) {
            const port = this.#ports.allocate(reservedPorts(this.#portRange));
            if (port === undefined) break;
            if (await this.#claim(`port/${port}`, giving)) return port;
            passed.push(port);
          }
          throw internalError(`failed to allocate a ${what}: range is full`);
        } finally {
          for (const port of passed) this.#ports.release(port);
        }
      },
    };
  }

  /** What a dry run shows: ports that are asked for are looked up, others are made up. */
  #dryPorts(draft: Service, giving: Giving): NodePorts {
    const shown: number[] = [];
    return {
      isKept: (port) => giving.before.has(`port/${port}`),
      take: async (port, field) => {
        if (this.#ports.has(port) || shown.includes(port)) {
          throw refusedPort(draft, port, { field, why: "provided port is already allocated" });
        }
        shown.push(port);
      },
      takeAny: async () => {
        const port = shown.length === 0 ? DRY_PORT : Math.max(...shown) + 1;
        shown.push(port);
        return port;
      },
    };
  }

  async #giveHealthCheckPort({ spec = {} }: Service, ports: NodePorts): Promise<void> {
    if (!needsHealthCheck(spec)) return;
    const asked = spec.healthCheckNodePort ?? 0;
    if (asked === 0) spec.healthCheckNodePort = await ports.takeAny("HealthCheck NodePort 0");
    else if (!ports.isKept(asked)) await ports.take(asked, "healthCheckNodePort");
  }

  #reserve(holding: string): void {
    const [kind, value = ""] = holding.split("/");
    if (kind === "ip") this.#addresses.reserve(value);
    else this.#ports.reserve(Number(value));
  }

  #release(holding: string): void {
    const [kind, value = ""] = holding.split("/");
    if (kind === "ip") this.#addresses.release(value);
    else this.#ports.release(Number(value));
  }
}

function reservedPorts({ size }: PortRange): number {
  if (size <= RESERVED_MIN) return 0;
  return Math.min(Math.max(Math.floor(size / RESERVED_PART), RESERVED_MIN), RESERVED_MAX);
}

function ownerOf({ metadata }: Service): Owner {
  return { namespace: metadata?.namespace ?? "", name: metadata?.name ?? "" };
}

function refused(service: Service, field: string, { value, why }: { value: unknown; why: string }): Error {
  return invalidObject({ group: "", kind: "Service" }, service.metadata?.name ?? "", [invalid(field, value, why)]);
}

function refusedPort(
  service: Service,
  port: number,
  { field, why }: { field: { index: number } | "healthCheckNodePort"; why: string },
): Error {
  if (field === "healthCheckNodePort") {
    return internalError(`failed to allocate requested HealthCheck NodePort ${port}: ${why}`);
  }
  return refused(service, `spec.ports[${field.index}].nodePort`, { value: port, why });
}
