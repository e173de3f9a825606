import type { ServiceCIDR } from "../../../api/generated/networking.k8s.io/v1.ts";
import { type IpRange, ipText, parseCidr, parseIp, rangeHolds } from "../../../api/ip-address.ts";
import type { Random } from "../../../base/random.ts";

/** The range that the server itself is told; its ServiceCIDR says it too. */
export const DEFAULT_RANGE = "kubernetes";
/** The lower part of a range is given last, for people who choose (KEP-3070). */
const RESERVED_MIN = 16n;
const RESERVED_MAX = 256n;
/** Longer ranges of IPv6 are not for services. */
const PREFIX_MIN = 64;

interface Usable {
  readonly range: IpRange;
  readonly first: bigint;
  readonly count: bigint;
  readonly reserved: bigint;
}

/** Addresses for Services, of the ranges that ServiceCIDRs give, each for one holder at a time. */
export class AddressPool {
  readonly #random: Random;
  readonly #default: readonly string[];
  readonly #given = new Map<string, readonly string[]>();
  readonly #taken = new Set<string>();

  /** @param ranges what the server gives when nothing else is said */
  constructor(ranges: readonly string[], random: Random) {
    this.#default = ranges;
    this.#random = random;
  }

  /** A ServiceCIDR came, changed or went. */
  change(before: ServiceCIDR | undefined, after: ServiceCIDR | undefined): void {
    const name = after?.metadata?.name ?? before?.metadata?.name ?? "";
    if (after === undefined) this.#given.delete(name);
    else this.#given.set(name, isReady(after) ? (after.spec?.cidrs ?? []) : []);
  }

  /** Whether an address may be given at all, by any range that is ready. */
  contains(address: string): boolean {
    const parsed = parseIp(address);
    return (
      parsed !== undefined && this.#usable().some(({ range }) => rangeHolds(range, parsed) && isHost(range, address))
    );
  }

  /** Reserves this address; false when it is taken. */
  reserve(address: string): boolean {
    if (this.#taken.has(address)) return false;
    this.#taken.add(address);
    return true;
  }

  /** Reserves any free address of the family, by chance, so that one is not used again soon. Undefined when all are taken. */
  allocate(family: 4 | 6): string | undefined {
    for (const each of this.#usable().filter(({ range }) => range.family === family)) {
      const found =
        this.#search(each, { from: each.reserved, count: each.count - each.reserved }) ??
        this.#search(each, { from: 0n, count: each.reserved });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** What is shown where nothing is taken: upstream shows a range's lowest address, which nobody gets. */
  sample(family: 4 | 6): string | undefined {
    const found = this.#usable().find(({ range }) => range.family === family);
    return found === undefined ? undefined : ipText(found.range.first, family);
  }

  release(address: string): void {
    this.#taken.delete(address);
  }

  #usable(): Usable[] {
    const ranges = [...(this.#given.has(DEFAULT_RANGE) ? [] : this.#default), ...[...this.#given.values()].flat()];
    return [...new Set(ranges)].flatMap((text) => {
      const range = parseCidr(text);
      if (range === undefined || (range.family === 6 && range.prefix < PREFIX_MIN)) return [];
      const count = range.size - (range.family === 4 ? 2n : 1n);
      return count <= 0n ? [] : [{ range, first: range.first + 1n, count, reserved: reservedOf(range.size) }];
    });
  }

  #search({ range, first }: Usable, { from, count }: { from: bigint; count: bigint }): string | undefined {
    if (count <= 0n) return undefined;
    const start = BigInt(Math.floor(this.#random.fraction() * Number(count))) % count;
    // One more than are taken: then a free one is among them.
    const steps = BigInt(this.#taken.size) + 1n;
    for (let step = 0n; step < (steps < count ? steps : count); step++) {
      const address = ipText(first + from + ((start + step) % count), range.family);
      if (this.reserve(address)) return address;
    }
    return undefined;
  }
}

function reservedOf(size: bigint): bigint {
  if (size <= RESERVED_MIN) return 0n;
  const reserved = size / 16n;
  return reserved < RESERVED_MIN ? RESERVED_MIN : reserved > RESERVED_MAX ? RESERVED_MAX : reserved;
}

/** Neither the network itself nor, with IPv4, its broadcast address. */
function isHost({ first, size, family }: IpRange, address: string): boolean {
  return address !== ipText(first, family) && (family === 6 || address !== ipText(first + size - 1n, family));
}

/** A range is ready until somebody says otherwise. */
function isReady({ metadata, status }: ServiceCIDR): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return metadata?.deletionTimestamp === undefined && (ready === undefined || ready.status === "True");
}
