const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A duration as Go writes it (`300ms`, `1m30s`, `-1.5h`, `0`), in milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const whole = /^([-+]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text);
  if (whole === null) return undefined;
  let total = 0;
  for (const [, number, unit] of whole[2]!.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(number) * UNITS_MS[unit!]!;
  }
  return whole[1] === "-" ? -total : total;
}
