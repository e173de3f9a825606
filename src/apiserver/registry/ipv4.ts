/** An IPv4 address as a number; undefined when the text is none. Leading zeros are refused, as upstream does. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** First address and number of addresses of `10.96.0.0/16`. @throws Error when the text is no IPv4 CIDR */
export function parseIpv4Cidr(text: string): { first: number; size: number } {
  const [address = "", bits = ""] = text.split("/");
  const value = parseIpv4(address);
  if (value === undefined || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) {
    throw new Error(`"${text}" is not an IPv4 CIDR such as 10.96.0.0/16`);
  }
  const size = 2 ** (32 - Number(bits));
  return { first: Math.floor(value / size) * size, size };
}
