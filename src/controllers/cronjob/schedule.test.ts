import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseSchedule } from "./schedule.ts";
import { formatInZone } from "./wall-time.ts";

/** The cases of robfig/cron's own behaviour: schedule, from, due, zone. */
const cases: readonly [schedule: string, after: string, next: string | undefined, zone?: string][] = [
  ["0/15 * * * *", "2026-07-09T14:45:00Z", "2026-07-09T15:00:00Z"],
  ["*/15 * * * *", "2026-07-09T14:59:59Z", "2026-07-09T15:00:00Z"],
  ["20-35/15 * * * *", "2026-07-09T14:45:00Z", "2026-07-09T15:20:00Z"],
  ["5/10 * * * *", "2026-07-09T14:56:00Z", "2026-07-09T15:05:00Z"],
  ["0 0 * * *", "2026-12-31T23:59:45Z", "2027-01-01T00:00:00Z"],
  ["0 0 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"],
  ["0 0 31 2 *", "2026-03-01T00:00:00Z", undefined],
  ["30 9 * * mon-FRI", "2026-01-02T09:30:00Z", "2026-01-05T09:30:00Z"],
  ["0 0 1,15 * *", "2026-01-02T00:00:00Z", "2026-01-15T00:00:00Z"],
  ["0 0 15 * sun", "2026-01-02T00:00:00Z", "2026-01-04T00:00:00Z"],
  ["0 0 */10 * sun", "2026-01-02T00:00:00Z", "2026-01-04T00:00:00Z"],
  ["0 0 ? jan,apr 0", "2026-02-01T00:00:00Z", "2026-04-05T00:00:00Z"],
  ["@hourly", "2026-01-02T09:30:00Z", "2026-01-02T10:00:00Z"],
  ["@weekly", "2026-01-02T09:30:00Z", "2026-01-04T00:00:00Z"],
  ["@yearly", "2026-01-02T09:30:00Z", "2027-01-01T00:00:00Z"],
  ["@every 1h30m", "2026-01-02T09:30:00.500Z", "2026-01-02T11:00:00Z"],
  ["0 9 * * *", "2026-01-02T00:00:00Z", "2026-01-02T14:00:00Z", "America/New_York"],
  ["0 9 * * *", "2026-07-02T00:00:00Z", "2026-07-02T13:00:00Z", "America/New_York"],
  // In spring 02:30 does not exist: that run is skipped. In autumn 01:30 comes twice, and both are due.
  ["30 2 * * *", "2026-03-08T05:00:00Z", "2026-03-09T06:30:00Z", "America/New_York"],
  ["30 1 * * *", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "America/New_York"],
  ["0 0 * * *", "2026-10-03T14:00:00Z", "2026-10-04T13:00:00Z", "Australia/Lord_Howe"],
];

describe("cron schedule", () => {
  for (const [schedule, after, next, zone] of cases) {
    it(`${schedule}${zone === undefined ? "" : ` in ${zone}`} after ${after}: ${next}`, () => {
      assert.equal(
        parseSchedule(schedule, zone).next(Date.parse(after)),
        next === undefined ? undefined : Date.parse(next),
      );
    });
  }

  for (const bad of [
    "",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "5-1 * * * *",
    "*/0 * * * *",
    "* * 0 * *",
    "* * * * 7",
    "x * * * *",
    "@often",
    "@every soon",
    "1-2-3 * * * *",
  ]) {
    it(`refuses "${bad}"`, () => assert.throws(() => parseSchedule(bad), { name: "ScheduleError" }));
  }

  it("refuses a time zone that is none", () => {
    assert.throws(() => parseSchedule("* * * * *", "Atlantis/Capital"), RangeError);
  });

  for (const [moment, zone, text] of [
    ["2026-01-02T09:30:07Z", "UTC", "2026-01-02T09:30:07Z"],
    ["2026-01-02T09:30:00Z", "America/New_York", "2026-01-02T04:30:00-05:00"],
    ["2026-01-02T09:30:00Z", "Asia/Kolkata", "2026-01-02T15:00:00+05:30"],
  ] as const) {
    it(`writes ${moment} in ${zone}`, () => assert.equal(formatInZone(Date.parse(moment), zone), text));
  }
});
