import { errorMessage } from "../../base/assert.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { RuntimeError, type RuntimeService } from "../cri/runtime.ts";
import { Rounds, type RoundWork } from "../rounds.ts";
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
  /** Resolves when it has ended, which it does once its signal has aborted. */
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
  return new RuntimeFollower(options);
}

/** A class, because thousands of kubelets of one process have one each. */
class RuntimeFollower implements PodLifecycle, RoundWork {
  readonly #options: PodLifecycleOptions;
  readonly #lists: Rounds;
  readonly #following: Promise<void>;
  #listedMs: number | undefined;
  #isSubscribed = false;
  #isListWanted = false;

  constructor(options: PodLifecycleOptions) {
    this.#options = options;
    this.#lists = new Rounds(options.clock, this);
    this.#lists.hasten();
    this.#following = this.#followEvents();
  }

  lastListMs(): number | undefined {
    return this.#listedMs;
  }

  async stopped(): Promise<void> {
    await Promise.all([this.#lists.stop(), this.#following]);
  }

  async round(): Promise<number | undefined> {
    const { cache, clock, log, signal } = this.#options;
    if (signal.aborted) return undefined;
    const mustList = this.#isListWanted || this.#listedMs === undefined || this.#options.hasPods();
    this.#isListWanted = false;
    let isListed = true;
    if (mustList) {
      try {
        await cache.relist();
      } catch (error) {
        isListed = false;
        log.warn("cannot list containers", { error: errorMessage(error) });
      }
    }
    if (isListed) this.#listedMs = clock.monotonic();
    return isListed && this.#isSubscribed ? RELIST_WITH_EVENTS_MS : RELIST_MS;
  }

  #subscribed(is: boolean): void {
    this.#isSubscribed = is;
    this.#isListWanted = true;
    this.#lists.hasten();
  }

  async #followEvents(): Promise<void> {
    const { runtime, clock, log, signal } = this.#options;
    while (!signal.aborted) {
      try {
        for await (const event of runtime.containerEvents(signal)) {
          if (event.type === "subscribed") this.#subscribed(true);
          else if (event.type === "stopped") void this.#onStopped(event.containerId);
        }
      } catch (error) {
        if (error instanceof RuntimeError && error.code === "Unimplemented") return;
        log.debug("the runtime's events broke off", { error: errorMessage(error) });
      } finally {
        if (this.#isSubscribed && !signal.aborted) this.#subscribed(false);
      }
      await sleep(clock, RECONNECT_MS, signal);
    }
  }

  async #onStopped(containerId: string): Promise<void> {
    const { cache, clock, log, signal } = this.#options;
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
        this.#options.onChange(uid);
      } catch (error) {
        log.debug("a stopped container is gone already", { container: containerId, error: errorMessage(error) });
      }
      return;
    }
  }
}
