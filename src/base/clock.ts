import { onAbort } from "./on-abort.ts";

/**
 * Time as a dependency. No component reads the host's clock or sets a timer itself: with a virtual clock a whole
 * cluster runs through certificate expiries and five-minute evictions in milliseconds, the same way each time.
 */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. May jump; use it for timestamps only. */
  now(): number;
  /** Milliseconds on a scale that never goes back. Use it for durations and deadlines. */
  monotonic(): number;
  /** Calls back once after `delayMs`. Timers never keep the process alive by themselves. */
  setTimer(callback: () => void, delayMs: number): Timer;
}

/** The host's clock. Edges of the program pass it in; nothing else touches Date or timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(callback, delayMs) {
    const handle = setTimeout(callback, Math.max(0, Math.min(delayMs, 0x7fffffff)));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs`, or at once (without an error) when the signal aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = clock.setTimer(done, delayMs);
    const forget = signal === undefined ? undefined : onAbort(signal, done);
    function done(): void {
      timer.cancel();
      forget?.();
      resolve();
    }
  });
}

/** The clock's wall time as Kubernetes' `Time`: RFC 3339 in UTC with whole seconds. */
export function timestamp(clock: Clock): string {
  return formatTime(clock.now());
}

/** The same few seconds are written very many times: now, when something started, when it was made. */
const times = new Map<number, string>();
const SECONDS_REMEMBERED = 64;

/** Milliseconds since the epoch as `metav1.Time` (RFC 3339, UTC, whole seconds). */
export function formatTime(epochMs: number): string {
  const second = Math.floor(epochMs / 1000);
  let time = times.get(second);
  if (time !== undefined) return time;
  time = `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
  if (times.size >= SECONDS_REMEMBERED) times.clear();
  times.set(second, time);
  return time;
}

let lastHttpSecond = Number.NaN;
let lastHttpDate = "";

/** Milliseconds since the epoch as a `Date` header (RFC 9110, whole seconds). */
export function formatHttpDate(epochMs: number): string {
  const second = Math.floor(epochMs / 1000);
  if (second !== lastHttpSecond) {
    lastHttpDate = new Date(epochMs).toUTCString();
    lastHttpSecond = second;
  }
  return lastHttpDate;
}

let lastMicroMs = Number.NaN;
let lastMicroTime = "";

/** Milliseconds since the epoch as `metav1.MicroTime` (RFC 3339, UTC, six decimals). */
export function formatMicroTime(epochMs: number): string {
  const whole = Math.floor(epochMs);
  if (whole !== lastMicroMs) {
    const milliseconds = whole - Math.floor(epochMs / 1000) * 1000;
    lastMicroTime = `${formatTime(epochMs).slice(0, -1)}.${String(milliseconds).padStart(3, "0")}000Z`;
    lastMicroMs = whole;
  }
  return lastMicroTime;
}
