import type { ClientHttp2Session } from "node:http2";
import { systemClock } from "../../../src/base/clock.ts";
import type { WatchersJob, WatchersResult } from "./job.ts";
import { headersOf, open } from "./session.ts";

const LINE_FEED = 10;

/** Opens all watches, says so, and resolves when each has seen its events (one line each). */
export async function runWatchers(job: WatchersJob, sayReady: () => void): Promise<WatchersResult> {
  const sessions = await Promise.all(Array.from({ length: job.connections }, () => open(job.target)));
  let firstAt = 0;
  const note = (): void => {
    firstAt ||= systemClock.monotonic();
  };
  const opened: Promise<void>[] = [];
  const done: Promise<void>[] = [];
  for (let index = 0; index < job.watchers; index++) {
    const watcher = watch(sessions[index % sessions.length]!, job, note);
    opened.push(watcher.opened);
    done.push(watcher.done);
  }
  await Promise.all(opened);
  sayReady();
  await Promise.all(done);
  const durationMs = systemClock.monotonic() - firstAt;
  for (const session of sessions) session.destroy();
  return { durationMs, deliveriesPerSecond: (job.watchers * job.events * 1000) / durationMs };
}

function watch(session: ClientHttp2Session, job: WatchersJob, note: () => void) {
  const stream = session.request(headersOf(job.target, "GET", job.path), { endStream: true });
  const opened = new Promise<void>((resolve, reject) => {
    stream.on("response", (headers) =>
      headers[":status"] === 200 ? resolve() : reject(new Error(`GET ${job.path}: ${headers[":status"]}`)),
    );
    stream.on("error", reject);
  });
  const done = new Promise<void>((resolve, reject) => {
    let seen = 0;
    stream.on("data", (chunk: Buffer) => {
      note();
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) seen++;
      if (seen >= job.events) resolve();
    });
    stream.on("end", () => (seen >= job.events ? resolve() : reject(new Error(`a watch ended after ${seen} events`))));
    stream.on("error", reject);
  });
  done.catch(() => {});
  return { opened, done };
}
