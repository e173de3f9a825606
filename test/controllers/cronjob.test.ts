import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CronJob } from "../../src/api/generated/batch/v1.ts";
import { cronJobs, jobs } from "../../src/api/generated/resources.ts";
import { type Fate, startWorld } from "./world.ts";

const NAME = { namespace: "shop", name: "report" };
const MINUTE_MS = 60_000;

async function start(spec: object, fate: Fate = 0) {
  const world = await startWorld({ controllers: ["cronjob-controller", "job-controller"], fate: () => fate });
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "report", image: "report" }] } };
  const cronJob = {
    metadata: { ...NAME },
    spec: { schedule: "* * * * *", jobTemplate: { spec: { template } }, ...spec },
  };
  await world.client.create(cronJobs, cronJob as CronJob);
  await world.pass(1000);
  return {
    ...world,
    cronJob: () => world.client.get(cronJobs, NAME),
    jobs: async () => (await world.client.list(jobs, { namespace: "shop" })).items,
  };
}

describe("a cron job with the real API server", () => {
  it("runs each minute and keeps the last three", async () => {
    const world = await start({});
    await world.pass(MINUTE_MS);
    assert.equal((await world.jobs()).length, 1);
    await world.pass(5 * MINUTE_MS);
    assert.equal((await world.jobs()).length, 3);
    const { status } = await world.cronJob();
    assert.equal(status?.lastScheduleTime, "2026-01-01T00:06:00Z");
    assert.equal(status?.active?.length ?? 0, 0);
    const created = (await world.events()).filter((event) =>
      event.startsWith("Normal SuccessfulCreate: Created job report-"),
    );
    assert.equal(created.length, 6);
    assert.deepEqual(
      (await world.events()).filter((event) => event.startsWith("Warning")),
      [],
    );
    await world.close();
  });

  for (const [concurrencyPolicy, running] of [
    ["Allow", 3],
    ["Forbid", 1],
    ["Replace", 1],
  ] as const) {
    it(`${concurrencyPolicy}: ${running} of three long jobs run together`, async () => {
      const world = await start({ concurrencyPolicy }, "ready");
      await world.pass(3 * MINUTE_MS);
      const active = (await world.cronJob()).status?.active ?? [];
      assert.equal(active.length, running);
      const first = active[0]?.name === `report-${Date.UTC(2026, 0, 1, 0, 1) / MINUTE_MS}`;
      assert.equal(first, concurrencyPolicy !== "Replace");
      await world.close();
    });
  }

  it("rests while suspended", async () => {
    const world = await start({ suspend: true });
    await world.pass(3 * MINUTE_MS);
    assert.equal((await world.jobs()).length, 0);
    await world.close();
  });
});
