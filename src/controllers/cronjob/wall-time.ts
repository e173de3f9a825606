/** A moment as clocks on the wall of a time zone show it. */
export interface WallTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

const DAY_MS = 86_400_000;

/** Reads moments (milliseconds since the epoch) in a time zone. @throws RangeError when there is no zone of that name */
export function wallClock(timeZone: string): (epochMs: number) => WallTime {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  return (epochMs) => {
    const fields: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(epochMs)) fields[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = fields;
    // The epoch was a Thursday.
    const weekday = (Math.floor(Date.UTC(year, month - 1, day) / DAY_MS) + 4) % 7;
    return { year, month, day, hour, minute, weekday };
  };
}

/** The moment with the zone's distance from UTC, as RFC 3339 wants it: `2026-01-01T10:00:00+01:00`. */
export function formatInZone(epochMs: number, timeZone: string): string {
  const { year, month, day, hour, minute } = wallClock(timeZone)(epochMs);
  const wholeMinuteMs = Math.floor(epochMs / 60_000) * 60_000;
  const offsetMinutes = Math.round((Date.UTC(year, month - 1, day, hour, minute) - wholeMinuteMs) / 60_000);
  const two = (number: number): string => String(number).padStart(2, "0");
  const seconds = two(Math.floor((epochMs - wholeMinuteMs) / 1000));
  const distance = Math.abs(offsetMinutes);
  const sign = offsetMinutes < 0 ? "-" : "+";
  const zone = offsetMinutes === 0 ? "Z" : `${sign}${two(Math.floor(distance / 60))}:${two(distance % 60)}`;
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${seconds}${zone}`;
}
