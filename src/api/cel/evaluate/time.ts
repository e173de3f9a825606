import { Duration, Timestamp } from "./values.ts";

const second = 1_000_000_000n;
const pattern = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
/** Year 1 to 9999, as upstream. */
const earliest = -62_135_596_800n * second;
const latest = 253_402_300_800n * second;

/** RFC 3339 with nanoseconds. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hours, minutes, seconds] = match.map(Number) as number[];
  const date = new Date(0);
  date.setUTCFullYear(year ?? 0, (month ?? 1) - 1, day);
  date.setUTCHours(hours ?? 0, minutes, seconds);
  if (date.getUTCMonth() !== (month ?? 1) - 1 || date.getUTCDate() !== day || (hours ?? 0) > 23) return undefined;
  if ((minutes ?? 0) > 59 || (seconds ?? 0) > 59) return undefined;
  const sign = match[8] === "-" ? -1 : 1;
  const offset = match[8] === undefined ? 0 : sign * (Number(match[9]) * 60 + Number(match[10]));
  const fraction = BigInt((match[7] ?? "").padEnd(9, "0"));
  return timestampOf((BigInt(date.getTime()) / 1000n - BigInt(offset * 60)) * second + fraction, offset);
}

/** Undefined outside the years 1 to 9999. */
export function timestampOf(nanoseconds: bigint, offsetMinutes = 0): Timestamp | undefined {
  return nanoseconds < earliest || nanoseconds >= latest ? undefined : new Timestamp(nanoseconds, offsetMinutes);
}

/** RFC 3339, in the place where it was written down. */
export function formatTimestamp({ nanoseconds, offsetMinutes }: Timestamp): string {
  const seconds = floorDivide(nanoseconds, second);
  const fraction = nanoseconds - seconds * second;
  const base = new Date((Number(seconds) + offsetMinutes * 60) * 1000).toISOString().slice(0, 19);
  const digits = fraction === 0n ? "" : `.${fraction.toString().padStart(9, "0").replace(/0+$/, "")}`;
  return `${base}${digits}${offsetText(offsetMinutes)}`;
}

function offsetText(minutes: number): string {
  if (minutes === 0) return "Z";
  const parts = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((part) =>
    String(part).padStart(2, "0"),
  );
  return `${minutes < 0 ? "-" : "+"}${parts.join(":")}`;
}

export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3600n * second,
};

/** Go's form: `1h30m`, `-1.5s`, `100ms`. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^([+-])?((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text);
  if (match === null || text.length > 200) return undefined;
  let total = 0n;
  for (const part of (match[2] ?? "").matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const unit = units[part[3] ?? ""] ?? 0n;
    const fraction = part[2] ?? "";
    total += BigInt(part[1] || "0") * unit + (BigInt(fraction || "0") * unit) / 10n ** BigInt(fraction.length);
  }
  return durationOf(match[1] === "-" ? -total : total);
}

/** Undefined when it does not fit 64 bits. */
export function durationOf(nanoseconds: bigint): Duration | undefined {
  return nanoseconds === BigInt.asIntN(64, nanoseconds) ? new Duration(nanoseconds) : undefined;
}

/** Seconds with a fraction, as `string(duration)` gives it: `90s`, `1.5s`. */
export function formatDuration({ nanoseconds }: Duration): string {
  const sign = nanoseconds < 0n ? "-" : "";
  const absolute = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const fraction = (absolute % second).toString().padStart(9, "0").replace(/0+$/, "");
  return `${sign}${absolute / second}${fraction === "" ? "" : `.${fraction}`}s`;
}
