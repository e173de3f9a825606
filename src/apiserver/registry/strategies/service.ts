import { invalid, invalidObject } from "../../../api/field-error.ts";
import type { Service, ServicePort } from "../../../api/generated/core/v1.ts";
import { services } from "../../../api/generated/resources.ts";
import { internalError } from "../../../api/status.ts";
import type { Random } from "../../../base/random.ts";
import type { ObjectReader } from "../../reader.ts";
import { RangeAllocator } from "../allocator.ts";
import { formatIpv4, parseIpv4, parseIpv4Cidr } from "../ipv4.ts";
import { defineStrategy, type Strategy, type Undo } from "../strategy.ts";

/** Ports that NodePort Services get (kube-apiserver --service-node-port-range), and how many are left to people first. */
const NODE_PORTS = { first: 30000, size: 2768 };
const NODE_PORTS_RESERVED = 86;
const ADDRESSES_RESERVED_MAX = 256;

/** Gives Services their cluster addresses and node ports. */
export function serviceStrategy(options: { reader: ObjectReader; serviceCidr: string; random: Random }): Strategy {
  const allocation = new ServiceAllocation(options);
  return defineStrategy<Service>({
    async beforeCreate(draft) {
      await allocation.ready(options.reader);
      return allocation.give(draft, undefined);
    },
    async beforeUpdate(draft, old) {
      await allocation.ready(options.reader);
      return allocation.give(draft, old);
    },
  });
}

class ServiceAllocation {
  readonly #addresses: RangeAllocator;
  readonly #addressesReserved: number;
  readonly #ports: RangeAllocator;
  #following: Promise<unknown> | undefined;

  constructor(options: { serviceCidr: string; random: Random }) {
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
  give(draft: Service, old: Service | undefined): Undo {
    const before = new Set(holdings(old));
    const fresh: string[] = [];
    const undo = (): void => {
      for (const holding of fresh) this.#release(holding);
    };
    try {
      this.#giveAddress(draft, before, fresh);
      this.#givePorts(draft, before, fresh);
      this.#giveHealthCheckPort(draft, before, fresh);
    } catch (error) {
      undo();
      throw error;
    }
    return undo;
  }

  #giveAddress(draft: Service, before: ReadonlySet<string>, fresh: string[]): void {
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
      const address = this.#addresses.allocate(this.#addressesReserved);
      if (address === undefined) throw internalError("failed to allocate a serviceIP: range is full");
      spec.clusterIP = formatIpv4(address);
      fresh.push(`ip/${spec.clusterIP}`);
      spec.clusterIPs = [spec.clusterIP];
    } else {
      if (!before.has(`ip/${asked}`)) this.#takeAddress(draft, asked, fresh);
      spec.clusterIPs = [asked];
    }
    spec.ipFamilies ??= ["IPv4"];
    spec.ipFamilyPolicy ??= "SingleStack";
  }

  #takeAddress(draft: Service, asked: string, fresh: string[]): void {
    const number = parseIpv4(asked);
    const wrong =
      number === undefined || !this.#addresses.contains(number)
        ? `failed to allocate IP ${asked}: the provided IP (${asked}) is not in the valid range`
        : this.#addresses.reserve(number)
          ? undefined
          : `failed to allocate IP ${asked}: provided IP is already allocated`;
    if (wrong !== undefined) throw refused(draft, "spec.clusterIPs", [asked], wrong);
    fresh.push(`ip/${asked}`);
  }

  #givePorts(draft: Service, before: ReadonlySet<string>, fresh: string[]): void {
    const type = draft.spec?.type;
    const needed =
      type === "NodePort" || (type === "LoadBalancer" && draft.spec?.allocateLoadBalancerNodePorts !== false);
    const given = new Map<number, string[]>();
    draft.spec?.ports?.forEach((port, index) => {
      const asked = port.nodePort ?? 0;
      if (asked !== 0) {
        const shared = given.get(asked)?.includes(port.protocol ?? "TCP") === false;
        if (!shared && !before.has(`port/${asked}`)) this.#takePort(draft, { port, index }, fresh);
      } else if (needed) {
        const free = this.#ports.allocate(NODE_PORTS_RESERVED);
        if (free === undefined) throw internalError("failed to allocate a nodePort: range is full");
        fresh.push(`port/${free}`);
        port.nodePort = free;
      } else delete port.nodePort;
      if (port.nodePort !== undefined)
        given.set(port.nodePort, [...(given.get(port.nodePort) ?? []), port.protocol ?? "TCP"]);
    });
  }

  #giveHealthCheckPort(draft: Service, before: ReadonlySet<string>, fresh: string[]): void {
    const spec = draft.spec!;
    if (spec.type !== "LoadBalancer" || spec.externalTrafficPolicy !== "Local") return;
    const asked = spec.healthCheckNodePort ?? 0;
    if (asked === 0) {
      const free = this.#ports.allocate(NODE_PORTS_RESERVED);
      if (free === undefined) throw internalError("failed to allocate a HealthCheck NodePort: range is full");
      spec.healthCheckNodePort = free;
      fresh.push(`port/${free}`);
    } else if (!before.has(`port/${asked}`) && this.#ports.reserve(asked)) fresh.push(`port/${asked}`);
  }

  #takePort(draft: Service, at: { port: ServicePort; index: number }, fresh: string[]): void {
    const asked = at.port.nodePort!;
    const wrong = !this.#ports.contains(asked)
      ? `provided port is not in the valid range. The range of valid ports is ${NODE_PORTS.first}-${NODE_PORTS.first + NODE_PORTS.size - 1}`
      : this.#ports.reserve(asked)
        ? undefined
        : "provided port is already allocated";
    if (wrong !== undefined) throw refused(draft, `spec.ports[${at.index}].nodePort`, asked, wrong);
    fresh.push(`port/${asked}`);
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

/** Addresses and ports that a Service holds, as `ip/10.96.0.7` and `port/30080`. */
function* holdings(service: Service | undefined): Generator<string, void, undefined> {
  const spec = service?.spec;
  if (spec === undefined) return;
  for (const address of spec.clusterIPs ?? []) if (address !== "None" && address !== "") yield `ip/${address}`;
  for (const port of spec.ports ?? []) if ((port.nodePort ?? 0) !== 0) yield `port/${port.nodePort}`;
  if ((spec.healthCheckNodePort ?? 0) !== 0) yield `port/${spec.healthCheckNodePort}`;
}

function refused(service: Service, field: string, value: unknown, why: string): Error {
  return invalidObject({ group: "", kind: "Service" }, service.metadata?.name ?? "", [invalid(field, value, why)]);
}
