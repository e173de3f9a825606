import { isIPv4, isIPv6 } from "node:net";

/** The 4 or 16 bytes of an IP address; undefined when the text is none (or has a zone, which no certificate can hold). */
export function addressBytes(address: string): Buffer | undefined {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  if (!isIPv6(address) || address.includes("%")) return undefined;
  return ipv6Bytes(address);
}

function ipv6Bytes(address: string): Buffer {
  const [left = "", right = ""] = withoutEmbedded(address).split("::");
  const head = groups(left);
  const tail = groups(right);
  const bytes = Buffer.alloc(16);
  for (const [index, value] of head.entries()) bytes.writeUInt16BE(value, index * 2);
  for (const [index, value] of tail.entries()) bytes.writeUInt16BE(value, 16 - (tail.length - index) * 2);
  return bytes;
}

/** An IPv4 address at the end (`::ffff:192.0.2.1`) as two groups. */
function withoutEmbedded(address: string): string {
  const colon = address.lastIndexOf(":");
  const last = address.slice(colon + 1);
  if (!isIPv4(last)) return address;
  const bytes = Buffer.from(last.split(".").map(Number));
  return `${address.slice(0, colon + 1)}${bytes.readUInt16BE(0).toString(16)}:${bytes.readUInt16BE(2).toString(16)}`;
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}
