/** A length of time as kubectl prints ages: at most two units, coarser the longer it is. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  // Clocks of machines may differ a little: almost now is now.
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return twoUnits(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return twoUnits(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return twoUnits(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 2920 ? twoUnits(years, "y", days % 365, "d") : `${years}y`;
}

function twoUnits(...[large, largeUnit, small, smallUnit]: [number, string, number, string]): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

const UNKNOWN = "<unknown>";

/** How long ago an RFC 3339 time was; `<unknown>` when there is none. */
export function ageOf(time: string | undefined, nowMs: number): string {
  // In lists many objects are of the same second.
  if (time !== told.time || nowMs !== told.nowMs) told = { time, nowMs, age: readAge(time, nowMs) };
  return told.age;
}

let told: { time: string | undefined; nowMs: number; age: string } = { time: undefined, nowMs: 0, age: UNKNOWN };

function readAge(time: string | undefined, nowMs: number): string {
  const at = time === undefined || time === "" ? Number.NaN : Date.parse(time);
  return Number.isNaN(at) ? UNKNOWN : humanDuration(nowMs - at);
}
