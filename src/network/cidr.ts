import { isIPv4 } from "node:net";

/** A block of IPv4 addresses. */
export interface Cidr {
  /** First address as a number. */
  readonly start: number;
  readonly bits: number;
}

/** Parses `10.244.0.0/16`, and an address with a prefix such as `10.244.0.1/24`. Throws on anything else. */
export function parseCidr(text: string): Cidr {
  const [address = "", prefix = "", rest] = text.split("/");
  const bits = Number(prefix);
  if (rest !== undefined || !isIPv4(address) || !/^\d{1,2}$/.test(prefix) || bits > 32) {
    throw new Error(`${JSON.stringify(text)} is not an IPv4 block such as 10.244.0.0/16`);
  }
  return { start: Math.floor(addressNumber(address) / size(bits)) * size(bits), bits };
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.start)}/${cidr.bits}`;
}

/** The address at `offset` of a block; offset 1 is the gateway. */
export function addressAt(cidr: Cidr, offset: number): string {
  return formatAddress(cidr.start + offset);
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.start < b.start + size(b.bits) && b.start < a.start + size(a.bits);
}

/** The `index`-th block of `bits` inside a larger one: the pods of one node. */
export function subnet(cidr: Cidr, bits: number, index: number): Cidr {
  const start = cidr.start + index * size(bits);
  if (bits < cidr.bits || start >= cidr.start + size(cidr.bits)) {
    throw new Error(`${formatCidr(cidr)} has no block number ${index} of /${bits}`);
  }
  return { start, bits };
}

/** Whether the block holds that IPv4 address. */
export function contains(cidr: Cidr, address: string): boolean {
  if (!isIPv4(address)) return false;
  const number = addressNumber(address);
  return number >= cidr.start && number < cidr.start + size(cidr.bits);
}

function addressNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function formatAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

function size(bits: number): number {
  return 2 ** (32 - bits);
}
