import { setTimeout } from "node:timers/promises";
import { systemClock } from "../../../src/base/clock.ts";
import type { ClientSession } from "./http2/client-session.ts";
import { openSession } from "./http2/open-session.ts";
import type { RequestsJob, RequestsResult } from "./job.ts";
import { latenciesOf } from "./latencies.ts";
import { prepareRequest } from "./prepared-request.ts";

/** Sends what the job says as fast as the answers come, or at the rate that it asks for. @throws Error when a connection ends */
export async function runRequests(job: RequestsJob): Promise<RequestsResult> {
  const opening = await Promise.allSettled(Array.from({ length: job.connections }, () => openSession(job.target)));
  const sessions = opening.flatMap((opened) => (opened.status === "fulfilled" ? [opened.value] : []));
  try {
    for (const opened of opening) if (opened.status === "rejected") throw opened.reason;
    return await send(job, sessions);
  } finally {
    for (const session of sessions) session.close();
  }
}

async function send(job: RequestsJob, sessions: readonly ClientSession[]): Promise<RequestsResult> {
  const forms = job.requests.map((form) => ({ ...form, request: prepareRequest(job.target, form) }));
  const all: number[] = [];
  const labelled = new Map<string, number[]>();
  const cpuBefore = process.cpuUsage();
  const begun = systemClock.monotonic();
  const until = begun + (job.durationMs ?? Number.POSITIVE_INFINITY);
  // What is due later is not waited for, so that two jobs of one pace and length have the same numbers.
  const dueInTime = ((job.perSecond ?? Number.POSITIVE_INFINITY) * (job.durationMs ?? Number.POSITIVE_INFINITY)) / 1000;
  const limit = Math.min(job.count ?? Number.POSITIVE_INFINITY, Math.ceil(dueInTime));
  const apart = job.apart?.count ?? 0;
  const firstNumber = job.firstNumber ?? 0;
  let measuredFrom = begun;
  let sent = 0;
  let failures = 0;
  let firstFailure: string | undefined;
  const sender = async (index: number): Promise<void> => {
    const session = sessions[index % sessions.length]!;
    while (sent < limit && systemClock.monotonic() < until) {
      const number = sent++;
      const form = forms[number % forms.length]!;
      const startedAt =
        job.perSecond === undefined ? systemClock.monotonic() : await whenDue(begun + (number * 1000) / job.perSecond);
      if (number === apart) measuredFrom = startedAt;
      const { code, text } = await session.request(form.request(number + firstNumber));
      const durationMs = systemClock.monotonic() - startedAt;
      if (number < apart) add(labelled, job.apart?.label ?? "", durationMs);
      else {
        all.push(durationMs);
        for (const label of form.labels ?? []) add(labelled, label, durationMs);
      }
      if (code < 400) continue;
      failures++;
      firstFailure ??= `${form.method} ${form.path}: ${code} ${text.slice(0, 500)}`;
    }
  };
  await Promise.all(Array.from({ length: job.senders }, (_, index) => sender(index)));
  const seconds = (systemClock.monotonic() - measuredFrom) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    ...latenciesOf(all),
    perSecond: all.length / seconds,
    labelled: Object.fromEntries([...labelled].map(([label, durations]) => [label, latenciesOf(durations)])),
    failures,
    ...(firstFailure !== undefined && { firstFailure }),
    cpuMs: (cpu.user + cpu.system) / 1000,
  };
}

/** Waits for a request's moment. Answers from when its time is counted. */
async function whenDue(due: number): Promise<number> {
  const early = due - systemClock.monotonic();
  if (early <= 0) return due;
  // A timer that comes late is this process's fault.
  await setTimeout(early);
  return systemClock.monotonic();
}

function add(lists: Map<string, number[]>, label: string, value: number): void {
  const list = lists.get(label);
  if (list === undefined) lists.set(label, [value]);
  else list.push(value);
}
