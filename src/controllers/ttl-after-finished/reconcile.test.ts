import assert from "node:assert/strict";
import { it } from "node:test";
import type { Job } from "../../api/generated/batch/v1.ts";
import { expiresInMs } from "./reconcile.ts";

const END = "2026-01-01T00:00:00Z";
const NOW_MS = Date.parse(END) + 30_000;

function job(ttlSecondsAfterFinished: number | undefined, type: string, status = "True"): Job {
  return {
    spec: { ttlSecondsAfterFinished, template: {} },
    status: { conditions: [{ type, status, lastTransitionTime: END }] },
  } as Job;
}

for (const [what, of, waitMs] of [
  ["no ttl", job(undefined, "Complete"), undefined],
  ["still running", job(60, "Suspended"), undefined],
  ["completed", job(60, "Complete"), 30_000],
  ["failed", job(60, "Failed"), 30_000],
  ["expired", job(10, "Complete"), 0],
  ["at once", job(0, "Complete"), 0],
  ["not true", job(10, "Complete", "False"), undefined],
] as const) {
  it(`a job that is ${what} expires in ${waitMs} ms`, () => assert.equal(expiresInMs(of, NOW_MS), waitMs));
}
