import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { setTimeout } from "node:timers/promises";
import { systemClock } from "../../../src/base/clock.ts";
import { fillIn } from "./fill-in.ts";
import type { RequestForm, RequestsJob, RequestsResult } from "./job.ts";
import { latenciesOf } from "./latencies.ts";
import { answered, headersOf, open } from "./session.ts";

/** Sends what the job says as fast as the answers come, or at the rate that it asks for. */
export async function runRequests(job: RequestsJob): Promise<RequestsResult> {
  const sessions = await Promise.all(Array.from({ length: job.connections }, () => open(job.target)));
  const all: number[] = [];
  const labelled = new Map<string, number[]>();
  const cpuBefore = process.cpuUsage();
  const begun = systemClock.monotonic();
  const until = begun + (job.durationMs ?? Number.POSITIVE_INFINITY);
  const limit = job.count ?? Number.POSITIVE_INFINITY;
  const apart = job.apart?.count ?? 0;
  let measuredFrom = begun;
  let sent = 0;
  let failures = 0;
  let firstFailure: string | undefined;
  const sender = async (index: number): Promise<void> => {
    const session = sessions[index % sessions.length]!;
    while (sent < limit && systemClock.monotonic() < until) {
      const number = sent++;
      const form = job.requests[number % job.requests.length]!;
      const startedAt = await whenDue(job, begun, number);
      if (number === apart) measuredFrom = startedAt;
      const { code, text } = await answered(begin(session, job, { form, number: number + (job.firstNumber ?? 0) }));
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
  for (const session of sessions) session.destroy();
  return {
    ...latenciesOf(all),
    perSecond: all.length / seconds,
    labelled: Object.fromEntries([...labelled].map(([label, durations]) => [label, latenciesOf(durations)])),
    failures,
    ...(firstFailure !== undefined && { firstFailure }),
    cpuMs: (cpu.user + cpu.system) / 1000,
  };
}

/** Waits for the request's moment, where it has one. Answers from when its time is counted. */
async function whenDue(job: RequestsJob, begun: number, number: number): Promise<number> {
  if (job.perSecond === undefined) return systemClock.monotonic();
  const due = begun + (number * 1000) / job.perSecond;
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

function begin(
  session: ClientHttp2Session,
  job: RequestsJob,
  { form, number }: { form: RequestForm; number: number },
): ClientHttp2Stream {
  const headers = headersOf(job.target, form.method, fillIn(form.path, number));
  if (form.body === undefined) return session.request(headers, { endStream: true });
  const stream = session.request({ ...headers, "content-type": form.contentType ?? "application/json" });
  stream.end(fillIn(form.body, number));
  return stream;
}
