/**
 * The 4 or 16 bytes of an IP address; undefined when the text is none (or has a zone, which no certificate can hold).
 * Not by node:net, whose pattern for IPv6 takes 3 ms to compile: a good part of a start.
 */
export function addressBytes(address: string): Buffer | undefined {
  return address.includes(":") ? ipv6Bytes(address) : ipv4Bytes(address);
}

function ipv4Bytes(address: string): Buffer | undefined {
  const parts = address.split(".");
  const isAddress =
    parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256);
  return isAddress ? Buffer.from(parts.map(Number)) : undefined;
}

function ipv6Bytes(address: string): Buffer | undefined {
  const halves = address.split("::");
  const [head, tail] = halves.map((half, index) => groups(half, index === halves.length - 1));
  if (halves.length > 2 || head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const count = head.length + (tail?.length ?? 0);
  if (halves.length === 2 ? count > 7 : count !== 8) return undefined;
  const bytes = Buffer.alloc(16);
  for (const [index, value] of head.entries()) bytes.writeUInt16BE(value, index * 2);
  for (const [index, value] of (tail ?? []).entries()) bytes.writeUInt16BE(value, 16 - (tail!.length - index) * 2);
  return bytes;
}

/** The numbers between the colons; an IPv4 address at the very end counts as two. Undefined when something else is there. */
function groups(text: string, isEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const embedded = isEnd && parts.at(-1)!.includes(".") ? ipv4Bytes(parts.pop()!) : Buffer.alloc(0);
  if (embedded === undefined || !parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))) return undefined;
  const numbers = parts.map((part) => Number.parseInt(part, 16));
  return embedded.length === 0 ? numbers : [...numbers, embedded.readUInt16BE(0), embedded.readUInt16BE(2)];
}
