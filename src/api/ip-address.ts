import { isIP } from "node:net";

/**
 * Rules for IP addresses and ranges as apimachinery's util/validation/ip.go says them in 1.36: what has leading zeros, is an
 * IPv4 address written as an IPv6 one, or sets bits beyond the prefix is refused. Where an older object holds such a value
 * already, it may stay.
 */

const INVALID_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const INVALID_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

export interface IpAddress {
  readonly family: 4 | 6;
  /** As Go writes it. */
  readonly canonical: string;
  readonly hasLeadingZeros: boolean;
  /** An IPv4 address in IPv6 form. */
  readonly isMapped: boolean;
}

/** Reads an address also where parts of it have leading zeros. */
export function parseIp(text: string): IpAddress | undefined {
  const plain = text.replaceAll(/(^|[.:])0+(?=\d+(?:\.|$))/g, "$1");
  // Leading zeros in the groups of IPv6 are part of how it is written.
  const known = isIP(text) === 6 ? text : plain;
  const family = isIP(known);
  if (family === 0 || known.includes("%")) return undefined;
  const hasLeadingZeros = known !== text;
  if (family === 4) return { family, canonical: known, hasLeadingZeros, isMapped: false };
  const canonical = new URL(`http://[${known}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (mapped === null) return { family: 6, canonical, hasLeadingZeros, isMapped: false };
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return {
    family: 4,
    canonical: `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`,
    hasLeadingZeros,
    isMapped: true,
  };
}

/** IPv4, IPv6, or 0 for what is no address. */
export function ipFamily(text: string): 0 | 4 | 6 {
  return parseIp(text)?.family ?? 0;
}

/** What is wrong with an address in a field that takes it in any form. @param known values that may stay as they are */
export function ipErrors(text: string, known: readonly string[] = []): string[] {
  if (known.includes(text)) return [];
  const address = parseIp(text);
  if (address === undefined) return [INVALID_IP];
  if (address.hasLeadingZeros) return ["must not have leading 0s"];
  return address.isMapped ? ["must not be an IPv4-mapped IPv6 address"] : [];
}

/** The same in a field that takes the one canonical form only. */
export function canonicalIpErrors(text: string): string[] {
  const errors = ipErrors(text);
  const canonical = parseIp(text)?.canonical;
  if (errors.length > 0 || canonical === text) return errors;
  return [`must be in canonical form (${JSON.stringify(canonical)})`];
}

export interface IpRange {
  readonly family: 4 | 6;
  readonly prefix: number;
  /** The lowest address and the prefix, as Go writes it. */
  readonly canonical: string;
  /** The lowest address and the number of addresses. */
  readonly first: bigint;
  readonly size: bigint;
  readonly hasLeadingZeros: boolean;
  readonly isMapped: boolean;
  /** The address is not the lowest one. */
  readonly hasHostBits: boolean;
}

/** Reads a range such as `10.0.0.0/16`. */
export function parseCidr(text: string): IpRange | undefined {
  const match = /^(.+)\/([0-9]{1,4})$/.exec(text);
  const address = parseIp(match?.[1] ?? "");
  if (match === null || address === undefined) return undefined;
  const digits = match[2]!;
  const bits = address.isMapped || address.family === 6 ? 128 : 32;
  if (Number(digits) > bits) return undefined;
  const { isMapped, family } = address;
  const prefix = isMapped ? Math.max(Number(digits) - 96, 0) : Number(digits);
  const size = 1n << BigInt((family === 4 ? 32 : 128) - prefix);
  const value = ipNumber(address.canonical);
  const first = value - (value % size);
  return {
    family,
    prefix,
    canonical: `${ipText(first, family)}/${prefix}`,
    first,
    size,
    hasLeadingZeros: address.hasLeadingZeros || (digits.length > 1 && digits.startsWith("0")),
    isMapped,
    hasHostBits: first !== value,
  };
}

/** What is wrong with a range in a field that takes it in any form. @param known values that may stay as they are */
export function cidrErrors(text: string, known: readonly string[] = []): string[] {
  if (known.includes(text)) return [];
  const range = parseCidr(text);
  if (range === undefined) return [INVALID_CIDR];
  if (range.hasLeadingZeros) return ["must not have leading 0s in IP or prefix length"];
  if (range.isMapped) return ["must not have an IPv4-mapped IPv6 address"];
  return range.hasHostBits ? ["must not have bits set beyond the prefix length"] : [];
}

/** What is wrong with an address and its prefix, as interfaces have them: `192.168.1.5/24`, in canonical form. */
export function interfaceAddressErrors(text: string): string[] {
  const range = parseCidr(text);
  if (range === undefined) return ["must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"];
  const canonical = `${parseIp(text.slice(0, text.lastIndexOf("/")))?.canonical}/${range.prefix}`;
  return canonical === text ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}

/** The same in a field that takes the one canonical form only. */
export function canonicalCidrErrors(text: string): string[] {
  const errors = cidrErrors(text);
  const canonical = parseCidr(text)?.canonical;
  if (errors.length > 0 || canonical === text) return errors;
  return [`must be in canonical form (${JSON.stringify(canonical)})`];
}

/** A valid address as a number. */
export function ipNumber(canonical: string): bigint {
  if (!canonical.includes(":")) return canonical.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = "", tail] = canonical.split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const [front, back] = [groups(head), groups(tail ?? "")];
  const all = [
    ...front,
    ...new Array<string>(tail === undefined ? 0 : 8 - front.length - back.length).fill("0"),
    ...back,
  ];
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

/** A number as the address that Go would write. */
export function ipText(value: bigint, family: 4 | 6): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 65_535n).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

/** Whether the range holds the address. */
export function rangeHolds(range: IpRange, address: IpAddress): boolean {
  if (range.family !== address.family) return false;
  const value = ipNumber(address.canonical);
  return value >= range.first && value < range.first + range.size;
}
