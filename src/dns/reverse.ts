import { isIP, isIPv4 } from "node:net";

/** The address that a name under in-addr.arpa or ip6.arpa asks about; undefined for all other names. */
export function addressOfReverseName(name: string): string | undefined {
  if (name.endsWith(".in-addr.arpa")) {
    const address = name.slice(0, -".in-addr.arpa".length).split(".").reverse().join(".");
    return isIPv4(address) ? address : undefined;
  }
  if (!name.endsWith(".ip6.arpa")) return undefined;
  const digits = name.slice(0, -".ip6.arpa".length).split(".").reverse();
  if (digits.length !== 32 || !digits.every((digit) => /^[0-9a-f]$/.test(digit))) return undefined;
  const groups = digits.join("").match(/.{4}/g) ?? [];
  return canonicalAddress(groups.join(":"));
}

/** One spelling for each address, so that addresses can be compared as text. */
export function canonicalAddress(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
