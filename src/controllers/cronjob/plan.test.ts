import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CronJob, CronJobSpec, Job } from "../../api/generated/batch/v1.ts";
import { updateActive } from "./active-jobs.ts";
import { dueMoment, jobFor, jobsToRemove, nextInMs } from "./plan.ts";
import { parseSchedule } from "./schedule.ts";

const at = (time: string): number => Date.parse(`2026-01-01T${time}Z`);

function cronJob(spec: Partial<CronJobSpec> = {}, status: CronJob["status"] = {}): CronJob {
  return {
    metadata: { name: "report", namespace: "shop", uid: "u", creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: {
      schedule: "*/10 * * * *",
      jobTemplate: { metadata: { labels: { app: "report" } }, spec: { template: {} } },
      ...spec,
    },
    status,
  };
}

function job(name: string, end?: string, startTime = "2026-01-01T00:00:00Z"): Job {
  const conditions = end === undefined ? [] : [{ type: end, status: "True" }];
  return {
    metadata: { name, uid: `uid-${name}` },
    spec: { template: {} },
    status: { conditions, startTime, completionTime: startTime },
  };
}

describe("cron job plan", () => {
  for (const [what, of, now, due, missed] of [
    ["not yet", cronJob(), at("00:09:59"), undefined, 0],
    ["due", cronJob(), at("00:10:00"), at("00:10:00"), 1],
    ["due for a while", cronJob(), at("00:19:00"), at("00:10:00"), 1],
    ["the last of several", cronJob(), at("00:45:00"), at("00:40:00"), 4],
    ["seen to", cronJob({}, { lastScheduleTime: "2026-01-01T00:40:00Z" }), at("00:45:00"), undefined, 0],
    ["too old for its deadline", cronJob({ startingDeadlineSeconds: 60 }), at("00:45:00"), undefined, 0],
    ["within its deadline", cronJob({ startingDeadlineSeconds: 600 }), at("00:45:00"), at("00:40:00"), 1],
    ["a day behind", cronJob({ schedule: "* * * * *" }), at("23:00:30"), at("23:00:00"), 1380],
  ] as const) {
    it(what, () => {
      const result = dueMoment(of, parseSchedule(of.spec!.schedule), now);
      assert.equal(result.atMs, due);
      assert.equal(result.missed, missed);
    });
  }

  it("waits for the next moment", () => {
    assert.equal(nextInMs(parseSchedule("*/10 * * * *"), at("00:09:00")), 60_100);
  });

  it("names a job by its minute, and notes the moment in the zone of the cron job", () => {
    const made = jobFor(cronJob({ timeZone: "America/New_York" }), at("00:10:00"));
    assert.equal(made.metadata?.name, `report-${at("00:10:00") / 60_000}`);
    assert.equal(
      made.metadata?.annotations?.["batch.kubernetes.io/cronjob-scheduled-timestamp"],
      "2025-12-31T19:10:00-05:00",
    );
    assert.deepEqual(made.metadata?.labels, { app: "report" });
    assert.equal(made.metadata?.ownerReferences?.[0]?.kind, "CronJob");
  });

  it("keeps as many ended jobs as it may, the latest", () => {
    const jobs = [1, 2, 3].flatMap((hour) => [
      job(`ok-${hour}`, "Complete", `2026-01-01T0${hour}:00:00Z`),
      job(`bad-${hour}`, "Failed", `2026-01-01T0${hour}:00:00Z`),
    ]);
    const removed = jobsToRemove(cronJob({ successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 0 }), [
      ...jobs,
      job("running"),
    ]);
    assert.deepEqual(
      removed.map((each) => each.metadata?.name),
      ["ok-1", "bad-1", "bad-2", "bad-3"],
    );
  });

  it("strikes off jobs that have ended or are gone, and notes the last success", () => {
    const active = ["done", "lost", "running"].map((name) => ({ name, uid: `uid-${name}` }));
    const jobs = [job("done", "Complete", "2026-01-01T05:00:00Z"), job("running"), job("stranger")];
    const { status, events } = updateActive({ cronJob: cronJob({}, { active }), jobs, gone: new Set(["uid-lost"]) });
    assert.deepEqual(status.active, [{ name: "running", uid: "uid-running" }]);
    assert.equal(status.lastSuccessfulTime, "2026-01-01T05:00:00Z");
    assert.deepEqual(
      events.map((event) => event.message),
      [
        "Saw completed job: done, condition: Complete",
        "Active job went missing: lost",
        "Saw a job that the controller did not create or forgot: stranger",
      ],
    );
  });
});
