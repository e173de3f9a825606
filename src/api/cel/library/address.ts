import { isIPv4, isIPv6 } from "node:net";
import { OpaqueValue } from "../evaluate/values.ts";
import { malformedAddress } from "./malformed-address.ts";

export const ipTypeName = "net.IP";
export const cidrTypeName = "net.CIDR";

/** An IP address as a number. */
export class IpValue extends OpaqueValue {
  override readonly typeName = ipTypeName;
  readonly bits: 32 | 128;
  readonly value: bigint;
  constructor(bits: 32 | 128, value: bigint) {
    super();
    this.bits = bits;
    this.value = value;
  }
  equals(other: OpaqueValue): boolean {
    return other instanceof IpValue && other.bits === this.bits && other.value === this.value;
  }
  override get size(): number {
    return this.bits / 8;
  }
}

/** An address and the length of its network's prefix. The address may have bits beyond the prefix. */
export class CidrValue extends OpaqueValue {
  override readonly typeName = cidrTypeName;
  readonly address: IpValue;
  readonly length: number;
  constructor(address: IpValue, length: number) {
    super();
    this.address = address;
    this.length = length;
  }
  equals(other: OpaqueValue): boolean {
    return other instanceof CidrValue && other.length === this.length && other.address.equals(this.address);
  }
  override get size(): number {
    return Math.ceil(this.length / 8);
  }
}

/** The address, or why it is none, in Go's words. */
export function parseIp(text: string): IpValue | { readonly error: string } {
  if (text.includes("%"))
    return isIPv6(text)
      ? { error: `IP address ${JSON.stringify(text)} with zone value is not allowed` }
      : malformed(text);
  if (isIPv4(text)) return new IpValue(32, fromDotted(text));
  if (!isIPv6(text)) return malformed(text);
  const value = fromGroups(text);
  if (value >> 32n === 0xffffn) return { error: `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed` };
  return new IpValue(128, value);
}

function malformed(text: string): { error: string } {
  const quoted = JSON.stringify(text);
  return { error: `IP Address ${quoted} parse error during conversion from string: ${malformedAddress(text)}` };
}

/** Upstream says it twice. */
const NO_NETWORK = "network address parse error during conversion from string: ";

/** The network, or why it is none. */
export function parseCidr(text: string): CidrValue | { readonly error: string } {
  const quoted = JSON.stringify(text);
  const slash = text.lastIndexOf("/");
  const failed = (why: string) => ({
    error: `${NO_NETWORK}${NO_NETWORK}netip.ParsePrefix(${quoted}): ${why}`,
  });
  if (slash < 0) return failed("no '/'");
  const address = parseIp(text.slice(0, slash));
  if (!(address instanceof IpValue))
    return address.error.includes("mapped")
      ? { error: `${NO_NETWORK}IPv4-mapped IPv6 address ${quoted} is not allowed` }
      : failed(
          address.error.includes("zone value")
            ? "IPv6 zones cannot be present in a prefix"
            : malformedAddress(text.slice(0, slash)),
        );
  const digits = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(digits)) return failed(`bad bits after slash: ${JSON.stringify(digits)}`);
  if (Number(digits) > address.bits) return failed("prefix length out of range");
  return new CidrValue(address, Number(digits));
}

function fromDotted(text: string): bigint {
  return text.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function fromGroups(text: string): bigint {
  const [head = "", tail] = text.split("::");
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const middle = new Array<bigint>(8 - front.length - back.length).fill(0n);
  return [...front, ...middle, ...back].reduce((value, group) => (value << 16n) | group, 0n);
}

function groups(text: string): bigint[] {
  if (text === "") return [];
  return text.split(":").flatMap((part) => {
    if (!part.includes(".")) return [BigInt(`0x${part}`)];
    const dotted = fromDotted(part);
    return [dotted >> 16n, dotted & 0xffffn];
  });
}

/** The canonical text: RFC 5952. */
export function formatIp(ip: IpValue): string {
  if (ip.bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((ip.value >> shift) & 0xffn)).join(".");
  const parts = Array.from({ length: 8 }, (_, index) =>
    ((ip.value >> BigInt(112 - index * 16)) & 0xffffn).toString(16),
  );
  const zeros = [...parts.join(":").matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].toSorted(
    (a, b) => b[0].replace(/^:/, "").length - a[0].replace(/^:/, "").length || a.index - b.index,
  )[0];
  if (zeros === undefined) return parts.join(":");
  const text = parts.join(":");
  return `${text.slice(0, zeros.index)}::${text.slice(zeros.index + zeros[0].length).replace(/^:/, "")}`;
}

export const formatCidr = (cidr: CidrValue): string => `${formatIp(cidr.address)}/${cidr.length}`;

export function maskedAddress(address: IpValue, length: number): IpValue {
  const shift = BigInt(address.bits - length);
  return new IpValue(address.bits, (address.value >> shift) << shift);
}
