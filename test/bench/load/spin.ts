import { setTimeout } from "node:timers/promises";
import { systemClock } from "../../../src/base/clock.ts";
import type { SpinJob, SpinResult } from "./job.ts";

const SLICE_MS = 5;

/** Burns its share of processor time, not of wall time: what it does not get in one slice it takes in the next. */
export async function runSpin(job: SpinJob): Promise<SpinResult> {
  const before = process.cpuUsage();
  const used = (): number => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const begun = systemClock.monotonic();
  for (let passed = 0; passed < job.durationMs; passed = systemClock.monotonic() - begun) {
    const owed = passed * job.share - used();
    const until = systemClock.monotonic() + Math.min(owed, SLICE_MS);
    while (systemClock.monotonic() < until);
    await setTimeout(owed > SLICE_MS ? 0 : 1);
  }
  return { cpuMs: used() };
}
