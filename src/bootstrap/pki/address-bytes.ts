import { isIPv4, isIPv6 } from "node:net";

/** The 4 or 16 bytes of an IP address; undefined when the text is none (or has a zone, which no certificate can hold). */
export function addressBytes(address: string): Buffer | undefined {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  if (!isIPv6(address) || address.includes("%")) return undefined;
  return ipv6Bytes(address);
}

function ipv6Bytes(address: string): Buffer {
  // URL's own parser writes embedded IPv4 as two hexadecimal groups and compresses one run of zeros.
  const [left = "", right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const head = groups(left);
  const tail = groups(right ?? "");
  const bytes = Buffer.alloc(16);
  for (const [index, value] of head.entries()) bytes.writeUInt16BE(value, index * 2);
  for (const [index, value] of tail.entries()) bytes.writeUInt16BE(value, 16 - (tail.length - index) * 2);
  return bytes;
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}
