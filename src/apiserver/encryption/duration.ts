const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, us: 0.001, µs: 0.001 };

/** A Go duration such as `3s` or `1m30s` in milliseconds; NaN when it is none. */
export function durationMs(text: string): number {
  if (!/^([0-9]+(\.[0-9]+)?(ms|us|µs|s|m|h))+$/.test(text)) return Number.NaN;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9.]+)(ms|us|µs|s|m|h)/g))
    total += Number(amount) * UNITS_MS[unit!]!;
  return total;
}
