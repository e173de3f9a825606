import { type WallTime, wallClock } from "./wall-time.ts";

/** When a CronJob is due. */
export interface Schedule {
  /** The first due moment after the given one, in milliseconds since the epoch; undefined when there is none within five years. */
  next(afterMs: number): number | undefined;
}

export class ScheduleError extends Error {
  override name = "ScheduleError";
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const HORIZON_MS = 5 * 366 * 24 * HOUR_MS;

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const DESCRIPTORS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

interface FieldRule {
  readonly values: ReadonlySet<number>;
  /** Written as `*`: restricts nothing, which matters to how the two fields of days combine. */
  readonly any: boolean;
}

interface FieldBounds {
  readonly low: number;
  readonly high: number;
  readonly names?: readonly string[];
}

const BOUNDS: readonly FieldBounds[] = [
  { low: 0, high: 59 },
  { low: 0, high: 23 },
  { low: 1, high: 31 },
  { low: 1, high: 12, names: MONTHS },
  { low: 0, high: 6, names: WEEKDAYS },
];

/** Reads a schedule as upstream's robfig/cron ParseStandard. @throws ScheduleError, RangeError for an unknown time zone */
export function parseSchedule(text: string, timeZone = "UTC"): Schedule {
  const spec = text.trim();
  if (spec.startsWith("@every ")) return everySchedule(spec.slice("@every ".length).trim());
  const expanded = spec.startsWith("@") ? DESCRIPTORS[spec] : spec;
  if (expanded === undefined) throw new ScheduleError(`unrecognized descriptor: ${spec}`);
  const fields = expanded.split(/\s+/).filter((field) => field !== "");
  if (fields.length !== 5)
    throw new ScheduleError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`);
  const [minute, hour, day, month, weekday] = fields.map((field, index) => parseField(field, BOUNDS[index]!)) as [
    FieldRule,
    FieldRule,
    FieldRule,
    FieldRule,
    FieldRule,
  ];
  const isDay = (wall: WallTime): boolean => {
    const [byDay, byWeekday] = [day.values.has(wall.day), weekday.values.has(wall.weekday)];
    // When both are restricted, either is enough: a rule as old as cron.
    return month.values.has(wall.month) && (day.any || weekday.any ? byDay && byWeekday : byDay || byWeekday);
  };
  const read = wallClock(timeZone);
  return { next: (afterMs) => search(afterMs, { read, isDay, hours: hour.values, minutes: minute.values }) };
}

interface Rules {
  read(epochMs: number): WallTime;
  isDay(wall: WallTime): boolean;
  readonly hours: ReadonlySet<number>;
  readonly minutes: ReadonlySet<number>;
}

/**
 * Walks real time and looks at the wall: what the wall skips in spring is skipped, and what it shows twice in autumn is due
 * twice, as upstream does. Steps are hours and days where nothing can match.
 */
function search(afterMs: number, { read, isDay, hours, minutes }: Rules): number | undefined {
  let atMs = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS;
  while (atMs - afterMs < HORIZON_MS) {
    const wall = read(atMs);
    if (!isDay(wall) && wall.hour < 20) atMs += (20 - wall.hour) * HOUR_MS - wall.minute * MINUTE_MS;
    else if (!isDay(wall) || !hours.has(wall.hour)) atMs += (60 - wall.minute) * MINUTE_MS;
    else if (minutes.has(wall.minute)) return atMs;
    else atMs += MINUTE_MS;
  }
  return undefined;
}

function parseField(field: string, bounds: FieldBounds): FieldRule {
  const parts = field.split(",").map((part) => parsePart(part, bounds));
  return { values: new Set(parts.flatMap((part) => part.values)), any: parts.some((part) => part.any) };
}

function parsePart(part: string, { low, high, names }: FieldBounds): { values: number[]; any: boolean } {
  const match = /^([^/-]+)(?:-([^/-]+))?(?:\/([0-9]+))?$/.exec(part);
  if (match === null) throw new ScheduleError(`failed to parse ${JSON.stringify(part)}`);
  const step = match[3] === undefined ? 1 : Number(match[3]);
  if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${part}`);
  const star = match[1] === "*" || match[1] === "?";
  const first = star ? low : numberOf(match[1]!, names);
  // `5/10` means from 5 to the end.
  const open = star || (match[2] === undefined && match[3] !== undefined);
  const last = open ? high : match[2] === undefined ? first : numberOf(match[2], names);
  if (first < low) throw new ScheduleError(`beginning of range (${first}) below minimum (${low}): ${part}`);
  if (last > high) throw new ScheduleError(`end of range (${last}) above maximum (${high}): ${part}`);
  if (first > last) throw new ScheduleError(`beginning of range (${first}) beyond end of range (${last}): ${part}`);
  const values: number[] = [];
  for (let value = first; value <= last; value += step) values.push(value);
  return { values, any: star && step === 1 };
}

function numberOf(text: string, names: readonly string[] | undefined): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return names === MONTHS ? named + 1 : named;
  if (!/^[0-9]+$/.test(text)) throw new ScheduleError(`failed to parse int from ${text}`);
  return Number(text);
}

const UNITS_MS: Readonly<Record<string, number>> = { h: HOUR_MS, m: MINUTE_MS, s: 1000, ms: 1 };

/** `@every 1h30m`: whole seconds, one at least. */
function everySchedule(text: string): Schedule {
  if (!/^(?:[0-9]+(?:\.[0-9]+)?(?:h|ms|m|s))+$/.test(text))
    throw new ScheduleError(`failed to parse duration @every ${text}`);
  let totalMs = 0;
  for (const [, number, unit] of text.matchAll(/([0-9.]+)(h|ms|m|s)/g)) totalMs += Number(number) * UNITS_MS[unit!]!;
  const everyMs = Math.max(1000, Math.floor(totalMs / 1000) * 1000);
  return { next: (afterMs) => Math.floor(afterMs / 1000) * 1000 + everyMs };
}
