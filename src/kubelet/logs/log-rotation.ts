import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { RuntimeService } from "../cri/runtime.ts";
import type { RuntimeCache } from "../pods/runtime-cache.ts";
import { isRunning } from "../pods/runtime-state.ts";
import type { LogFiles } from "./log-files.ts";

/** Upstream's containerLogMaxSize, containerLogMaxFiles and containerLogMonitorInterval. */
const MAX_BYTES = 10 * 1024 * 1024;
const MAX_FILES = 5;
const LOOK_MS = 10_000;

export interface LogRotationOptions {
  readonly files: LogFiles;
  readonly runtime: RuntimeService;
  readonly cache: RuntimeCache;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Rotates the logs of running containers that grew too large, until the signal aborts. */
export async function runLogRotation(options: LogRotationOptions): Promise<void> {
  if (options.files.keepsNothing === true) return;
  while (!options.signal.aborted) {
    await sleep(options.clock, LOOK_MS, options.signal);
    if (!options.signal.aborted) await rotateLargeLogs(options);
  }
}

async function rotateLargeLogs({ files, runtime, cache, clock, log }: LogRotationOptions): Promise<void> {
  for (const { uid } of cache.identities()) {
    for (const { id, logPath } of cache.get(uid).containers.filter(isRunning)) {
      try {
        if (((await files.sizeBytes(logPath)) ?? 0) <= MAX_BYTES) continue;
        const stamp = rotationStamp(clock.now());
        await files.rotate(logPath, { stamp, keep: MAX_FILES, reopen: () => runtime.reopenContainerLog(id) });
      } catch (error) {
        log.warn("cannot rotate a container's log", { path: logPath, error: errorMessage(error) });
      }
    }
  }
}

/** `20261121-090000`: sorts by time. */
export function rotationStamp(epochMs: number): string {
  const [date, time] = new Date(epochMs).toISOString().split("T") as [string, string];
  return `${date.replaceAll("-", "")}-${time.slice(0, 8).replaceAll(":", "")}`;
}
