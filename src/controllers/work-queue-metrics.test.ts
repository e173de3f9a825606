import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "../base/metrics.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { createWorkQueue, type WorkQueue } from "./work-queue.ts";
import { workQueueMetrics } from "./work-queue-metrics.ts";

test("a queue is counted as client-go counts it", async () => {
  const clock = new VirtualClock();
  const metrics = new Metrics();
  const observer = workQueueMetrics(metrics, clock)("job", () => queue);
  const queue: WorkQueue = createWorkQueue({ clock, observer });
  for (const key of ["a", "b", "a"]) queue.add(key);
  await clock.advance(500);
  const item = await queue.take();
  await clock.advance(2000);
  const lines = (): string[] => metrics.text().split("\n");
  const value = (name: string): string | undefined =>
    lines()
      .find((line) => line.startsWith(`${name}{name="job"}`))
      ?.split(" ")[1];
  assert.deepEqual(["workqueue_adds_total", "workqueue_depth", "workqueue_unfinished_work_seconds"].map(value), [
    "2",
    "1",
    "2",
  ]);
  assert.equal(value("workqueue_queue_duration_seconds_sum"), "0.5");
  queue.addRateLimited("a");
  queue.done(item!);
  assert.deepEqual(
    ["workqueue_retries_total", "workqueue_work_duration_seconds_sum", "workqueue_unfinished_work_seconds"].map(value),
    ["1", "2", "0"],
  );
  await clock.advance(5);
  assert.deepEqual(["workqueue_adds_total", "workqueue_depth"].map(value), ["3", "2"]);
  queue.stop();
});
