import { failure } from "../evaluate/failure.ts";
import { floorDivide } from "../evaluate/time.ts";
import type { Duration, Timestamp } from "../evaluate/values.ts";
import type { Overload } from "./overload.ts";
import { member } from "./overload.ts";

interface Parts {
  readonly date: Date;
  readonly millisecond: number;
}

const readers: Readonly<Record<string, (parts: Parts) => number>> = {
  getFullYear: ({ date }) => date.getUTCFullYear(),
  getMonth: ({ date }) => date.getUTCMonth(),
  getDate: ({ date }) => date.getUTCDate(),
  getDayOfMonth: ({ date }) => date.getUTCDate() - 1,
  getDayOfWeek: ({ date }) => date.getUTCDay(),
  getDayOfYear: ({ date }) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000),
  getHours: ({ date }) => date.getUTCHours(),
  getMinutes: ({ date }) => date.getUTCMinutes(),
  getSeconds: ({ date }) => date.getUTCSeconds(),
  getMilliseconds: ({ millisecond }) => millisecond,
};

const durationUnits: Readonly<Record<string, bigint>> = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
};

export const timeFunctions: readonly Overload[] = [
  ...Object.entries(readers).flatMap(([name, reader]) => [
    member(name, ["timestamp"], "int", (time: Timestamp) => BigInt(reader(partsOf(time, 0)))),
    member(name, ["timestamp", "string"], "int", (time: Timestamp, zone: string) =>
      BigInt(reader(partsOf(time, zoneOffset(time, zone)))),
    ),
  ]),
  ...Object.entries(durationUnits).map(([name, unit]) =>
    member(name, ["duration"], "int", (duration: Duration) => duration.nanoseconds / unit),
  ),
  member("getMilliseconds", ["duration"], "int", (duration: Duration) => duration.nanoseconds / 1_000_000n),
];

function partsOf(time: Timestamp, offsetMs: number): Parts {
  const milliseconds = Number(floorDivide(time.nanoseconds, 1_000_000n)) + offsetMs;
  return { date: new Date(milliseconds), millisecond: ((milliseconds % 1000) + 1000) % 1000 };
}

/** Milliseconds that a zone (`+02:00`, `Europe/Berlin`) is ahead of UTC at a time. */
function zoneOffset(time: Timestamp, zone: string): number {
  const fixed = /^([+-]?)(\d{1,2}):(\d\d)$/.exec(zone);
  if (fixed !== null) return (fixed[1] === "-" ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
  const milliseconds = Number(floorDivide(time.nanoseconds, 1_000_000n));
  const seconds = Math.floor(milliseconds / 1000) * 1000;
  return zoneClock(zone, seconds) - seconds;
}

function zoneClock(zone: string, milliseconds: number): number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone === "" ? "UTC" : zone,
      hourCycle: "h23",
      ...({
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      } as const),
    });
  } catch {
    throw failure(`unknown time zone ${zone}`);
  }
  const parts = Object.fromEntries(format.formatToParts(milliseconds).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day, parts.hour, parts.minute, parts.second);
}
