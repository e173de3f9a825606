import { systemClock } from "../../../src/base/clock.ts";
import type { RequestForm, RequestsJob, RequestsResult } from "./job.ts";
import { answered, headersOf, open } from "./session.ts";

/** Sends what the job says as fast as the answers come. */
export async function runRequests(job: RequestsJob): Promise<RequestsResult> {
  const sessions = await Promise.all(Array.from({ length: job.connections }, () => open(job.target)));
  const latencies: number[] = [];
  const begun = systemClock.monotonic();
  const until = begun + (job.durationMs ?? Number.POSITIVE_INFINITY);
  const limit = job.count ?? Number.POSITIVE_INFINITY;
  let sent = 0;
  let failures = 0;
  let firstFailure: string | undefined;
  const sender = async (index: number): Promise<void> => {
    const session = sessions[index % sessions.length]!;
    while (sent < limit && systemClock.monotonic() < until) {
      const number = sent++;
      const form = job.requests[number % job.requests.length]!;
      const startedAt = systemClock.monotonic();
      const { code, text } = await answered(begin(session, job, { form, number: number + (job.firstNumber ?? 0) }));
      latencies.push(systemClock.monotonic() - startedAt);
      if (code < 400) continue;
      failures++;
      firstFailure ??= `${form.method} ${form.path}: ${code} ${text.slice(0, 500)}`;
    }
  };
  await Promise.all(Array.from({ length: job.senders }, (_, index) => sender(index)));
  const seconds = (systemClock.monotonic() - begun) / 1000;
  for (const session of sessions) session.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return {
    perSecond: latencies.length / seconds,
    count: latencies.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    failures,
    ...(firstFailure !== undefined && { firstFailure }),
  };
}

function begin(
  session: Awaited<ReturnType<typeof open>>,
  job: RequestsJob,
  { form, number }: { form: RequestForm; number: number },
) {
  const headers = headersOf(job.target, form.method, form.path.replaceAll("{n}", String(number)));
  if (form.body === undefined) return session.request(headers, { endStream: true });
  const stream = session.request({ ...headers, "content-type": form.contentType ?? "application/json" });
  stream.end(form.body.replaceAll("{n}", String(number)));
  return stream;
}
