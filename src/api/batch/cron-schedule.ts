/** The five fields of a cron schedule: what each may hold. */
const FIELDS: readonly { name: string; low: number; high: number; names?: readonly string[] }[] = [
  { name: "minute", low: 0, high: 59 },
  { name: "hour", low: 0, high: 23 },
  { name: "day of month", low: 1, high: 31 },
  {
    name: "month",
    low: 1,
    high: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "day of week", low: 0, high: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];
const DESCRIPTORS = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/** What is wrong with a standard cron schedule; undefined when it is well-formed. */
export function scheduleError(schedule: string): string | undefined {
  if (schedule === "") return "empty spec string";
  if (schedule.startsWith("@")) {
    if (DESCRIPTORS.includes(schedule)) return undefined;
    const every = /^@every (.+)$/.exec(schedule);
    if (every !== null) {
      return /^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$/.test(every[1]!)
        ? undefined
        : `failed to parse duration ${schedule}: time: invalid duration "${every[1]}"`;
    }
    return `unrecognized descriptor: ${schedule}`;
  }
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== 5) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`;
  for (const [index, field] of fields.entries()) {
    for (const part of field.split(",")) {
      const error = partError(part, FIELDS[index]!);
      if (error !== undefined) return error;
    }
  }
  return undefined;
}

function partError(part: string, bounds: (typeof FIELDS)[number]): string | undefined {
  const [range = "", step, ...moreSteps] = part.split("/");
  if (moreSteps.length > 0) return `too many slashes: ${part}`;
  if (step !== undefined && !/^[0-9]+$/.test(step))
    return `failed to parse int from ${step}: strconv.Atoi: parsing "${step}": invalid syntax`;
  if (step !== undefined && Number(step) === 0) return `step of range should be a positive number: ${part}`;
  if (range === "*" || range === "?") return undefined;
  const ends = range.split("-");
  if (ends.length > 2) return `too many hyphens: ${part}`;
  const numbers = ends.map((end) => numberOf(end, bounds.names, bounds.low));
  const bad = numbers.indexOf(undefined);
  if (bad >= 0) return `failed to parse int from ${ends[bad]}: strconv.Atoi: parsing "${ends[bad]}": invalid syntax`;
  const [start, end = start] = numbers as number[];
  if (start! < bounds.low) return `beginning of range (${start}) below minimum (${bounds.low}): ${part}`;
  if (end! > bounds.high) return `end of range (${end}) above maximum (${bounds.high}): ${part}`;
  if (start! > end!) return `beginning of range (${start}) beyond end of range (${end}): ${part}`;
  return undefined;
}

function numberOf(text: string, names: readonly string[] | undefined, low: number): number | undefined {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + low;
  return /^[0-9]+$/.test(text) ? Number(text) : undefined;
}
