import { invalid, invalidObject } from "../../../api/field-error.ts";
import type { Service, ServicePort } from "../../../api/generated/core/v1.ts";
import { services } from "../../../api/generated/resources.ts";
import { internalError } from "../../../api/status.ts";
import type { Random } from "../../../base/random.ts";
import type { ObjectReader } from "../../reader.ts";
import { RangeAllocator } from "../allocator.ts";
import { formatIpv4, parseIpv4, parseIpv4Cidr } from "../ipv4.ts";
import { defineStrategy, type Strategy, type Undo, type WriteContext } from "../strategy.ts";
import type { Owner } from "./service-claim-repair.ts";
import type { ServiceClaims } from "./service-claims.ts";
import { type Holding, holdings, holdingsWithout } from "./service-holdings.ts";

/** Ports that NodePort Services get (kube-apiserver --service-node-port-range), and how many are left to people first. */
const NODE_PORTS = { first: 30000, size: 2768 };
const NODE_PORTS_RESERVED = 86;
const ADDRESSES_RESERVED_MAX = 256;

/** A free number that another server has taken is followed by so many others. */
const TRIES = 100;

/** Gives Services their cluster addresses and node ports. */
export function serviceStrategy(options: {
  reader: ObjectReader;
  serviceCidr: string;
  random: Random;
  claims: ServiceClaims;
}): Strategy {
  const allocation = new ServiceAllocation(options);
  return defineStrategy<Service>({
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
  readonly #addresses: RangeAllocator;
  readonly #addressesReserved: number;
  readonly #ports: RangeAllocator;
  readonly #claims: ServiceClaims;
  #following: Promise<unknown> | undefined;

  constructor(options: { serviceCidr: string; random: Random; claims: ServiceClaims }) {
    this.#claims = options.claims;
    const { first, size } = parseIpv4Cidr(options.serviceCidr);
    this.#addresses = new RangeAllocator({ first: first + 1, size: size - 2 }, options.random);
    this.#addressesReserved = Math.min(Math.max(16, Math.floor(size / 16)), ADDRESSES_RESERVED_MAX);
    this.#ports = new RangeAllocator(NODE_PORTS, options.random);
  }

  /** What stored Services hold is reserved, and given back when they go or change. */
  ready(reader: ObjectReader): Promise<unknown> {
    return (this.#following ??= reader.follow(services, ({ before, after }) => {
      const held = new Set([...holdings(after)]);
      for (const holding of holdings(before)) if (!held.has(holding)) this.#release(holding);
      for (const holding of held) this.#reserve(holding);
    }));
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
      if (!giving.isDry) await this.#claims.release(giving.fresh, giving.owner);
      for (const holding of giving.fresh) this.#release(holding);
    };
    try {
      await this.#giveAddress(draft, giving);
      await this.#givePorts(draft, giving);
      await this.#giveHealthCheckPort(draft, giving);
    } catch (error) {
      await undo();
      throw error;
    }
    return undo;
  }

  /** Reserves any number that is free, here and in the store. */
  async #takeAny(
    range: { numbers: RangeAllocator; reserved: number; holdingOf(value: number): Holding },
    giving: Giving,
  ): Promise<number | undefined> {
    const passed: number[] = [];
    try {
      while (passed.length < TRIES) {
        const value = range.numbers.allocate(range.reserved);
        if (value === undefined) return undefined;
        const holding = range.holdingOf(value);
        if (await this.#claim(holding, giving)) {
          giving.fresh.push(holding);
          return value;
        }
        passed.push(value);
      }
      return undefined;
    } finally {
      // Whoever has them shows it by its Service.
      for (const value of passed) range.numbers.release(value);
    }
  }

  async #claim(holding: Holding, { isDry, owner }: Giving): Promise<boolean> {
    return isDry || (await this.#claims.take(holding, owner));
  }

  async #giveAddress(draft: Service, giving: Giving): Promise<void> {
    const spec = (draft.spec ??= {});
    if (spec.type === "ExternalName") {
      delete spec.clusterIP;
      delete spec.clusterIPs;
      return;
    }
    const asked = spec.clusterIP ?? "";
    if (asked === "None") {
      spec.clusterIPs = ["None"];
    } else if (asked === "") {
      const range = { numbers: this.#addresses, reserved: this.#addressesReserved };
      const address = await this.#takeAny({ ...range, holdingOf: (value) => `ip/${formatIpv4(value)}` }, giving);
      if (address === undefined) throw internalError("failed to allocate a serviceIP: range is full");
      spec.clusterIP = formatIpv4(address);
      spec.clusterIPs = [spec.clusterIP];
    } else {
      if (!giving.before.has(`ip/${asked}`)) await this.#takeAddress(draft, asked, giving);
      spec.clusterIPs = [asked];
    }
    spec.ipFamilies ??= ["IPv4"];
    spec.ipFamilyPolicy ??= "SingleStack";
  }

  async #takeAddress(draft: Service, asked: string, giving: Giving): Promise<void> {
    const number = parseIpv4(asked);
    const wrong =
      number === undefined || !this.#addresses.contains(number)
        ? `failed to allocate IP ${asked}: the provided IP (${asked}) is not in the valid range`
        : (await this.#takeThis({ numbers: this.#addresses, value: number, holding: `ip/${asked}` }, giving))
          ? undefined
          : `failed to allocate IP ${asked}: provided IP is already allocated`;
    if (wrong !== undefined) throw refused(draft, "spec.clusterIPs", [asked], wrong);
  }

  /** Reserves this number, here and in the store. */
  async #takeThis(
    wanted: { numbers: RangeAllocator; value: number; holding: Holding },
    giving: Giving,
  ): Promise<boolean> {
    const { numbers, value, holding } = wanted;
    if (!numbers.reserve(value)) return false;
    let isTaken = false;
    try {
      isTaken = await this.#claim(holding, giving);
    } finally {
      if (!isTaken) numbers.release(value);
    }
    if (isTaken) giving.fresh.push(holding);
    return isTaken;
  }

  async #takeAnyPort(what: string, giving: Giving): Promise<number> {
    const range = { numbers: this.#ports, reserved: NODE_PORTS_RESERVED };
    const free = await this.#takeAny({ ...range, holdingOf: (value) => `port/${value}` }, giving);
    if (free === undefined) throw internalError(`failed to allocate a ${what}: range is full`);
    return free;
  }

  async #givePorts(draft: Service, giving: Giving): Promise<void> {
    const type = draft.spec?.type;
    const needed =
      type === "NodePort" || (type === "LoadBalancer" && draft.spec?.allocateLoadBalancerNodePorts !== false);
    const given = new Map<number, string[]>();
    for (const [index, port] of (draft.spec?.ports ?? []).entries()) {
      const asked = port.nodePort ?? 0;
      if (asked !== 0) {
        const shared = given.get(asked)?.includes(port.protocol ?? "TCP") === false;
        if (!shared && !giving.before.has(`port/${asked}`)) await this.#takePort(draft, { port, index }, giving);
      } else if (needed) {
        port.nodePort = await this.#takeAnyPort("nodePort", giving);
      } else delete port.nodePort;
      if (port.nodePort !== undefined)
        given.set(port.nodePort, [...(given.get(port.nodePort) ?? []), port.protocol ?? "TCP"]);
    }
  }

  async #giveHealthCheckPort(draft: Service, giving: Giving): Promise<void> {
    const spec = draft.spec!;
    if (spec.type !== "LoadBalancer" || spec.externalTrafficPolicy !== "Local") return;
    const asked = spec.healthCheckNodePort ?? 0;
    if (asked === 0) {
      spec.healthCheckNodePort = await this.#takeAnyPort("HealthCheck NodePort", giving);
    } else if (!giving.before.has(`port/${asked}`) && this.#ports.contains(asked)) {
      const holding = `port/${asked}`;
      if (!(await this.#takeThis({ numbers: this.#ports, value: asked, holding }, giving))) {
        throw internalError(
          `failed to allocate requested HealthCheck NodePort ${asked}: provided port is already allocated`,
        );
      }
    }
  }

  async #takePort(draft: Service, at: { port: ServicePort; index: number }, giving: Giving): Promise<void> {
    const asked = at.port.nodePort!;
    const wrong = !this.#ports.contains(asked)
      ? `provided port is not in the valid range. The range of valid ports is ${NODE_PORTS.first}-${NODE_PORTS.first + NODE_PORTS.size - 1}`
      : (await this.#takeThis({ numbers: this.#ports, value: asked, holding: `port/${asked}` }, giving))
        ? undefined
        : "provided port is already allocated";
    if (wrong !== undefined) throw refused(draft, `spec.ports[${at.index}].nodePort`, asked, wrong);
  }

  #reserve(holding: string): void {
    const [kind, value = ""] = holding.split("/");
    if (kind === "ip") this.#addresses.reserve(parseIpv4(value) ?? -1);
    else this.#ports.reserve(Number(value));
  }

  #release(holding: string): void {
    const [kind, value = ""] = holding.split("/");
    if (kind === "ip") this.#addresses.release(parseIpv4(value) ?? -1);
    else this.#ports.release(Number(value));
  }
}

function ownerOf({ metadata }: Service): Owner {
  return { namespace: metadata?.namespace ?? "", name: metadata?.name ?? "" };
}

function refused(service: Service, field: string, value: unknown, why: string): Error {
  return invalidObject({ group: "", kind: "Service" }, service.metadata?.name ?? "", [invalid(field, value, why)]);
}
