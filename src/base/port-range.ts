/** Consecutive ports. */
export interface PortRange {
  readonly first: number;
  readonly size: number;
}

const PORT_MAX = 65_535;

/**
 * Reads ports as upstream's flags take them: `30000-32767`, `30000+2767` (that many more), or one port alone. Undefined for
 * anything else, port 0 included, which nobody can listen on.
 */
export function parsePortRange(text: string): PortRange | undefined {
  const match = /^(\d{1,5})(?:([-+])(\d{1,5}))?$/.exec(text.trim());
  if (match === null) return undefined;
  const first = Number(match[1]);
  const given = Number(match[3] ?? first);
  const last = match[2] === "+" ? first + given : given;
  return first < 1 || last < first || last > PORT_MAX ? undefined : { first, size: last - first + 1 };
}

/** `30000-32767`. */
export function formatPortRange({ first, size }: PortRange): string {
  return `${first}-${first + size - 1}`;
}
