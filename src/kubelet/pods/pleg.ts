import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { onAbort } from "../../base/on-abort.ts";
import { RuntimeError, type RuntimeService } from "../cri/runtime.ts";
import type { RuntimeCache } from "./runtime-cache.ts";

/** Between two lists while the runtime tells of events, and while it does not. */
const RELIST_WITH_EVENTS_MS = 10_000;
const RELIST_MS = 1000;
const RECONNECT_MS = 1000;
/** The runtime may write down how a container ended a moment after it told so. */
const SETTLE_MS = [0, 5, 20, 80, 300];

export interface PodLifecycle {
  /** When everything was listed last, on the monotonic clock; undefined before the first time. */
  lastListMs(): number | undefined;
  /** Resolves when it has ended after its signal. */
  stopped(): Promise<unknown>;
}

export interface PodLifecycleOptions {
  readonly runtime: RuntimeService;
  readonly cache: RuntimeCache;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Whether there is anything to look after. */
  hasPods(): boolean;
  onChange(uid: string): void;
}

/**
 * Notices what happens to containers by itself: by the runtime's events where it has them, and by listing now and then. What
 * happens between a list and the first event is seen by neither, so that each subscription is followed by a list.
 */
export function startPodLifecycle(options: PodLifecycleOptions): PodLifecycle {
  const { runtime, cache, clock, log, signal } = options;
  let listedMs: number | undefined;
  let isSubscribed = false;
  let isListWanted = false;
  let endPause = (): void => {};

  function subscribed(is: boolean): void {
    isSubscribed = is;
    isListWanted = true;
    endPause();
  }

  async function relist(): Promise<void> {
    await cache.relist();
    listedMs = clock.monotonic();
  }

  function pause(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = clock.setTimer(resolve, durationMs);
      endPause = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  async function relistLoop(): Promise<void> {
    const forget = onAbort(signal, () => endPause());
    while (!signal.aborted) {
      const mustList = isListWanted || listedMs === undefined || options.hasPods();
      isListWanted = false;
      let isListed = true;
      if (!mustList) listedMs = clock.monotonic();
      else {
        await relist().catch((error) => {
          isListed = false;
          log.warn("cannot list containers", { error: errorMessage(error) });
        });
      }
      if (signal.aborted || isListWanted) continue;
      await pause(isListed && isSubscribed ? RELIST_WITH_EVENTS_MS : RELIST_MS);
    }
    forget();
  }

  async function followEvents(): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const event of runtime.containerEvents(signal)) {
          if (event.type === "subscribed") subscribed(true);
          else if (event.type === "stopped") void onStopped(event.containerId);
        }
      } catch (error) {
        if (error instanceof RuntimeError && error.code === "Unimplemented") return;
        log.debug("the runtime's events broke off", { error: errorMessage(error) });
      } finally {
        if (isSubscribed) subscribed(false);
      }
      await sleep(clock, RECONNECT_MS, signal);
    }
  }

  async function onStopped(containerId: string): Promise<void> {
    for (const delayMs of SETTLE_MS) {
      if (delayMs > 0) await sleep(clock, delayMs, signal);
      if (signal.aborted) return;
      const uid = cache.podOf(containerId);
      if (uid === undefined) return;
      const before = cache.get(uid).containers.find(({ id }) => id === containerId);
      try {
        if (before === undefined) {
          const sandbox = cache.get(uid).sandboxes.find(({ id }) => id === containerId);
          const after = await cache.observeSandbox(uid, containerId);
          if (after.state === sandbox?.state) continue;
        } else {
          if (before.state === "CONTAINER_EXITED") return;
          const after = await cache.observeContainer(uid, containerId, before.podSandboxId);
          if (after.state === before.state) continue;
        }
        options.onChange(uid);
      } catch (error) {
        log.debug("a stopped container is gone already", { container: containerId, error: errorMessage(error) });
      }
      return;
    }
  }

  const running = Promise.all([relistLoop(), followEvents()]);
  return {
    lastListMs: () => listedMs,
    stopped: () => running,
  };
}
