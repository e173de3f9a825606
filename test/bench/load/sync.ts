import type { ClientHttp2Stream } from "node:http2";
import { systemClock } from "../../../src/base/clock.ts";
import { median } from "../median.ts";
import { headersOf } from "./connecting.ts";
import type { SyncJob, SyncResult } from "./job.ts";
import { openMany } from "./session.ts";
import { textCounter } from "./text-counter.ts";

/** All clients ask at once, on connections that are open already. */
export async function runSync(job: SyncJob): Promise<SyncResult> {
  const sessions = await openMany(job.target, job.clients);
  const begun = systemClock.monotonic();
  const synced = await Promise.all(
    sessions.map(async (session) => {
      const stream = session.request(headersOf(job.target, "GET", job.path), { endStream: true });
      const bytes = await whole(stream, job);
      return { bytes, durationMs: systemClock.monotonic() - begun };
    }),
  );
  const durations = synced.map(({ durationMs }) => durationMs);
  for (const session of sessions) session.destroy();
  return {
    firstMs: Math.min(...durations),
    medianMs: median(durations),
    lastMs: Math.max(...durations),
    megabytes: synced.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6,
  };
}

/** Resolves with the bytes that came until the client had everything. */
function whole(stream: ClientHttp2Stream, job: SyncJob): Promise<number> {
  return new Promise((resolve, reject) => {
    const { until } = job;
    let bytes = 0;
    const found = until === undefined ? () => 0 : textCounter(until);
    stream.on("response", (headers) => {
      if (headers[":status"] !== 200) reject(new Error(`GET ${job.path}: ${headers[":status"]}`));
    });
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (found(chunk) > 0) resolve(bytes);
    });
    stream.on("end", () => (until === undefined ? resolve(bytes) : reject(new Error(`${job.path} ended too early`))));
    stream.on("error", reject);
  });
}
