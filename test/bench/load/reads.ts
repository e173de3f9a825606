import type { ClientHttp2Session } from "node:http2";
import { setTimeout } from "node:timers/promises";
import { systemClock } from "../../../src/base/clock.ts";
import { median } from "../median.ts";
import { headersOf } from "./connecting.ts";
import type { ReadsJob, ReadsResult } from "./job.ts";
import { answered, open } from "./session.ts";

const PROBE_PAUSE_MS = 2;

/** Reads one large answer a few times, and watches how the server answers others meanwhile. */
export async function runReads(job: ReadsJob): Promise<ReadsResult> {
  const session = await open(job.target);
  const prober = job.probePath === undefined ? undefined : startProbes(await open(job.target), job, job.probePath);
  const reads: Read[] = [];
  // The first one is not counted: it fills caches and compiles code.
  for (let count = 0; count <= job.count; count++) reads.push(await read(session, job));
  const slowestProbeMs = (await prober?.stop()) ?? 0;
  session.destroy();
  const counted = reads.slice(1);
  return {
    bytes: counted[0]?.bytes ?? 0,
    megabytesPerSecond: median(counted.map(({ bytes, durationMs }) => bytes / 1000 / durationMs)),
    firstByteMs: median(counted.map(({ firstByteMs }) => firstByteMs)),
    durationMs: median(counted.map(({ durationMs }) => durationMs)),
    slowestProbeMs,
  };
}

interface Read {
  readonly bytes: number;
  readonly firstByteMs: number;
  readonly durationMs: number;
}

function read(session: ClientHttp2Session, job: ReadsJob): Promise<Read> {
  return new Promise((resolve, reject) => {
    const begun = systemClock.monotonic();
    let bytes = 0;
    let firstByteMs = 0;
    const stream = session.request({ ...headersOf(job.target, "GET", job.path), accept: job.accept });
    stream.on("response", (headers) => {
      if (headers[":status"] !== 200) reject(new Error(`GET ${job.path}: ${headers[":status"]}`));
    });
    stream.on("data", (chunk: Buffer) => {
      if (bytes === 0) firstByteMs = systemClock.monotonic() - begun;
      bytes += chunk.length;
    });
    stream.on("end", () => resolve({ bytes, firstByteMs, durationMs: systemClock.monotonic() - begun }));
    stream.on("error", reject);
  });
}

function startProbes(session: ClientHttp2Session, job: ReadsJob, path: string) {
  let stopped = false;
  let slowest = 0;
  const probing = (async () => {
    while (!stopped) {
      const begun = systemClock.monotonic();
      await answered(session.request(headersOf(job.target, "GET", path), { endStream: true }));
      slowest = Math.max(slowest, systemClock.monotonic() - begun);
      await setTimeout(PROBE_PAUSE_MS);
    }
    session.destroy();
  })();
  return {
    async stop(): Promise<number> {
      stopped = true;
      await probing;
      return slowest;
    },
  };
}
