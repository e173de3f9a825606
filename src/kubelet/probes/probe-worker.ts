import type { Probe } from "../../api/generated/core/v1.ts";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Prober, ProbeTarget } from "./prober.ts";

export type ProbeType = "liveness" | "readiness" | "startup";

export interface ProbeWorkerOptions {
  readonly type: ProbeType;
  readonly probe: Probe;
  readonly target: ProbeTarget;
  readonly startedAtMs: number;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  onResult(success: boolean): void;
  onFailure(output: string): void;
}

const FIRST_EARLY_ATTEMPT_MS = 100;

/**
 * Probes one container until the signal aborts, and tells each change of the verdict: after `successThreshold` successes or
 * `failureThreshold` failures in a row.
 *
 * Unlike upstream, a readiness or startup probe that looks at a port is tried more often than its period until it first
 * succeeds, within the first period: those attempts can only make a container ready sooner, they never count as failures.
 */
export async function runProbeWorker(options: ProbeWorkerOptions): Promise<void> {
  const { probe, type, clock, signal, target, prober } = options;
  const periodMs = (probe.periodSeconds ?? 10) * 1000;
  const successThreshold = probe.successThreshold ?? 1;
  const failureThreshold = probe.failureThreshold ?? 3;
  let verdict = type === "liveness";
  let runOf: boolean | undefined;
  let length = 0;

  const attempt = async (counts: boolean): Promise<boolean> => {
    const outcome = await prober.probe(probe, target);
    if (signal.aborted || outcome.unknown === true) return false;
    if (!outcome.success && !counts) return false;
    if (!outcome.success) options.onFailure(outcome.output);
    length = runOf === outcome.success ? length + 1 : 1;
    runOf = outcome.success;
    if (length < (outcome.success ? successThreshold : failureThreshold)) return outcome.success;
    if (verdict !== outcome.success || !outcome.success) options.onResult(outcome.success);
    verdict = outcome.success;
    // A failed liveness or startup probe ends the container; it starts anew with the next one.
    if (!outcome.success && type !== "readiness") length = 0;
    return outcome.success;
  };

  const initialMs = (probe.initialDelaySeconds ?? 0) * 1000 - (clock.now() - options.startedAtMs);
  await sleep(clock, Math.max(0, initialMs), signal);
  if (isEager(options, successThreshold)) await probeEagerly(options, { periodMs, attempt });
  while (!signal.aborted) {
    await attempt(true);
    // A startup probe has done its work once it passed.
    if (type === "startup" && verdict) return;
    await sleep(clock, periodMs, signal);
  }
}

function isEager({ type, probe }: ProbeWorkerOptions, successThreshold: number): boolean {
  return type !== "liveness" && successThreshold === 1 && probe.exec === undefined;
}

/** Attempts at growing distances until the first success or the end of the first period. */
async function probeEagerly(
  { clock, signal }: ProbeWorkerOptions,
  { periodMs, attempt }: { periodMs: number; attempt(counts: boolean): Promise<boolean> },
): Promise<void> {
  const endMs = clock.monotonic() + periodMs;
  for (let delayMs = FIRST_EARLY_ATTEMPT_MS; !signal.aborted; delayMs *= 1.5) {
    if (await attempt(false)) {
      await sleep(clock, periodMs, signal);
      return;
    }
    if (clock.monotonic() + delayMs >= endMs) return;
    await sleep(clock, delayMs, signal);
  }
}
