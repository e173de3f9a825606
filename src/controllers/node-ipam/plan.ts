/** A range of IPv4 addresses, as numbers. */
export interface AddressRange {
  readonly base: number;
  readonly prefixLength: number;
}

/** Parses `10.244.0.0/16`. @throws Error when it is no IPv4 range */
export function parseRange(text: string): AddressRange {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  const parts = match?.slice(1).map(Number) ?? [];
  const prefixLength = parts[4] ?? 33;
  if (parts.slice(0, 4).some((octet) => octet > 255) || prefixLength > 32) {
    throw new Error(`"${text}" is no IPv4 range: write it as 10.244.0.0/16`);
  }
  const address = parts.slice(0, 4).reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - prefixLength);
  return { base: Math.floor(address / size) * size, prefixLength };
}

export function formatRange({ base, prefixLength }: AddressRange): string {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256);
  return `${octets.join(".")}/${prefixLength}`;
}

/** The first block of that size in the cluster's range that no used one overlaps; undefined when all are taken. */
export function firstFreeRange(
  cluster: AddressRange,
  nodePrefixLength: number,
  used: readonly AddressRange[],
): AddressRange | undefined {
  const size = 2 ** (32 - nodePrefixLength);
  const end = cluster.base + 2 ** (32 - cluster.prefixLength);
  const taken = used.map(({ base, prefixLength }) => [base, base + 2 ** (32 - prefixLength)] as const);
  taken.sort((a, b) => a[0] - b[0]);
  let base = cluster.base;
  for (const [from, to] of taken) {
    if (to <= base) continue;
    if (from >= base + size) break;
    base = Math.ceil(to / size) * size;
  }
  return base + size <= end ? { base, prefixLength: nodePrefixLength } : undefined;
}
