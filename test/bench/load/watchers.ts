import type { ClientHttp2Session } from "node:http2";
import { setTimeout } from "node:timers/promises";
import { headersOf } from "./connecting.ts";
import type { WatchersJob, WatchersResult } from "./job.ts";
import { openMany } from "./session.ts";
import { textCounter } from "./text-counter.ts";

/** All at once would be a flood, and be refused as one. */
const OPENING_AT_ONCE = 16;

/** Opens all watches, says so, and resolves when each has seen its events (one line each) or time is up. */
export async function runWatchers(job: WatchersJob, sayReady: () => void): Promise<WatchersResult> {
  const sessions = await openMany(job.target, job.connections);
  const watchers: Watcher[] = [];
  const openSome = async (): Promise<void> => {
    while (watchers.length < job.watchers) {
      const index = watchers.push(watch(sessions[watchers.length % sessions.length]!, job)) - 1;
      await watchers[index]!.opened;
    }
  };
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openSome));
  sayReady();
  const done = Promise.all(watchers.map((watcher) => watcher.done));
  await (job.durationMs === undefined ? done : Promise.race([setTimeout(job.durationMs), done]));
  const deliveries = watchers.reduce((sum, { seen }) => sum + seen(), 0);
  for (const session of sessions) session.destroy();
  return { deliveries };
}

interface Watcher {
  readonly opened: Promise<void>;
  readonly done: Promise<void>;
  seen(): number;
}

function watch(session: ClientHttp2Session, job: WatchersJob): Watcher {
  const stream = session.request(headersOf(job.target, "GET", job.path), { endStream: true });
  const wanted = job.events ?? Number.POSITIVE_INFINITY;
  const count = textCounter(job.eventType === undefined ? "\n" : `{"type":"${job.eventType}"`);
  let seen = 0;
  const opened = new Promise<void>((resolve, reject) => {
    stream.on("response", (headers) =>
      headers[":status"] === 200 ? resolve() : reject(new Error(`GET ${job.path}: ${headers[":status"]}`)),
    );
    stream.on("error", reject);
  });
  const done = new Promise<void>((resolve, reject) => {
    stream.on("data", (chunk: Buffer) => {
      seen += count(chunk);
      if (seen >= wanted) resolve();
    });
    stream.on("end", () => (seen >= wanted ? resolve() : reject(new Error(`a watch ended after ${seen} events`))));
    stream.on("error", reject);
  });
  done.catch(() => {});
  return { opened, done, seen: () => seen };
}
