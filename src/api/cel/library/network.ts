import { failure } from "../evaluate/failure.ts";
import {
  CidrValue,
  cidrTypeName,
  formatCidr,
  formatIp,
  IpValue,
  ipTypeName,
  maskedAddress,
  parseCidr,
  parseIp,
} from "./address.ts";
import type { Overload } from "./overload.ts";
import { global, member } from "./overload.ts";

const ip = ipTypeName;
const cidr = cidrTypeName;

function toIp(text: string): IpValue {
  const address = parseIp(text);
  if (!(address instanceof IpValue)) throw failure(address.error);
  return address;
}

function toCidr(text: string): CidrValue {
  const network = parseCidr(text);
  if (!(network instanceof CidrValue)) throw failure(network.error);
  return network;
}

/** The first `length` bits of an address. */
const prefix = (address: IpValue, length: number) => address.value >> BigInt(address.bits - length);

const isMulticast = (address: IpValue) =>
  address.bits === 32 ? prefix(address, 4) === 0xen : prefix(address, 8) === 0xffn;
const isLoopback = (address: IpValue) => (address.bits === 32 ? prefix(address, 8) === 127n : address.value === 1n);
const isLinkLocalUnicast = (address: IpValue) =>
  address.bits === 32 ? prefix(address, 16) === 0xa9fen : prefix(address, 10) === 0x3fan;
const isUnspecified = (address: IpValue) => address.value === 0n;

/** Of IPv6: the lowest four bits of the second byte are the scope. */
const isLinkLocalMulticast = (address: IpValue) =>
  address.bits === 32
    ? prefix(address, 24) === 0xe00000n
    : isMulticast(address) && (prefix(address, 16) & 0x0fn) === 2n;

const isGlobalUnicast = (address: IpValue) =>
  !isUnspecified(address) &&
  !isLoopback(address) &&
  !isMulticast(address) &&
  !isLinkLocalUnicast(address) &&
  !(address.bits === 32 && address.value === 0xffff_ffffn);

const containsIp = (network: CidrValue, address: IpValue) =>
  network.address.bits === address.bits && prefix(network.address, network.length) === prefix(address, network.length);

const containsCidr = (network: CidrValue, other: CidrValue) =>
  network.length <= other.length && containsIp(network, other.address);

export const network: readonly Overload[] = [
  global("ip", ["string"], ip, toIp),
  global("isIP", ["string"], "bool", (text: string) => parseIp(text) instanceof IpValue),
  global("ip.isCanonical", ["string"], "bool", (text: string) => formatIp(toIp(text)) === text),
  global("string", [ip], "string", formatIp),
  member("family", [ip], "int", (address: IpValue) => (address.bits === 32 ? 4n : 6n)),
  member("isUnspecified", [ip], "bool", isUnspecified),
  member("isLoopback", [ip], "bool", isLoopback),
  member("isLinkLocalMulticast", [ip], "bool", isLinkLocalMulticast),
  member("isLinkLocalUnicast", [ip], "bool", isLinkLocalUnicast),
  member("isGlobalUnicast", [ip], "bool", isGlobalUnicast),
  global("cidr", ["string"], cidr, toCidr),
  global("isCIDR", ["string"], "bool", (text: string) => parseCidr(text) instanceof CidrValue),
  global("string", [cidr], "string", formatCidr),
  member("containsIP", [cidr, "string"], "bool", (network: CidrValue, text: string) => containsIp(network, toIp(text))),
  member("containsIP", [cidr, ip], "bool", containsIp),
  member("containsCIDR", [cidr, "string"], "bool", (network: CidrValue, text: string) =>
    containsCidr(network, toCidr(text)),
  ),
  member("containsCIDR", [cidr, cidr], "bool", containsCidr),
  member("ip", [cidr], ip, (network: CidrValue) => network.address),
  member("prefixLength", [cidr], "int", (network: CidrValue) => BigInt(network.length)),
  member(
    "masked",
    [cidr],
    cidr,
    (network: CidrValue) => new CidrValue(maskedAddress(network.address, network.length), network.length),
  ),
];
