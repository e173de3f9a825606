import type { Lease, LeaseSpec } from "../api/generated/coordination.k8s.io/v1.ts";
import { leases } from "../api/generated/resources.ts";
import { isNotFound } from "../api/status.ts";
import { errorMessage } from "../base/assert.ts";
import { type Clock, formatMicroTime, sleep, type Timer } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Client, ObjectName } from "./client.ts";

export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The Lease to hold, e.g. kube-system/kube-scheduler. */
  readonly lease: Required<ObjectName>;
  /** Unique among the candidates. */
  readonly identity: string;
  /** Others take over when the lease was not renewed for so long. Upstream's 15 s when absent. */
  readonly leaseDurationMs?: number;
  /** A leader that cannot renew for so long steps down. Upstream's 10 s when absent. */
  readonly renewDeadlineMs?: number;
  /** Upstream's 2 s when absent. */
  readonly retryPeriodMs?: number;
  /** How often who does not lead looks; `retryPeriodMs` when absent. */
  readonly candidatePeriodMs?: number;
  /** Ends the candidacy; a leader first ends its work and then gives the lease back. */
  readonly signal: AbortSignal;
  /** The leader's work. Its signal aborts when the lease is lost or the candidacy ends; then it must return soon. */
  lead(signal: AbortSignal): Promise<void>;
}

/** What a candidate has seen: other clocks are not trusted, only one's own time since a record changed. */
interface Observed {
  record: string;
  atMs: number;
  /** When it runs out, unless it changes before. */
  expiresAtMs: number;
}

/**
 * Competes for a Lease until the signal aborts, and works while it holds it (client-go tools/leaderelection).
 * At no time do two leaders work, as long as clocks run equally fast and `lead` returns within leaseDuration - renewDeadline.
 */
export async function runLeaderElection(options: LeaderElectionOptions): Promise<void> {
  const { clock, random, signal, log } = options;
  const periodMs = options.candidatePeriodMs ?? options.retryPeriodMs ?? 2000;
  const observed: Observed = { record: "", atMs: 0, expiresAtMs: 0 };
  while (!signal.aborted) {
    if (await tryAcquireOrRenew(options, observed)) {
      log.info("became leader", { lease: options.lease.name, identity: options.identity });
      await leadWhileRenewing(options, observed);
      log.info("stopped leading", { lease: options.lease.name, identity: options.identity });
    }
    // Candidates that started together must not ask together for ever: jitter of 1.2. Nobody asks later than he may.
    const pauseMs = periodMs * (1 + 1.2 * random.fraction());
    const leftMs = observed.expiresAtMs - clock.monotonic();
    await sleep(clock, leftMs > 0 ? Math.min(pauseMs, leftMs + 1) : pauseMs, signal);
  }
}

async function leadWhileRenewing(options: LeaderElectionOptions, observed: Observed): Promise<void> {
  const { clock, signal } = options;
  const retryPeriodMs = options.retryPeriodMs ?? 2000;
  const renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
  const term = new AbortController();
  const termSignal = AbortSignal.any([signal, term.signal]);
  // A renewal that hangs must not keep a leader in office.
  const deadline = (): Timer => clock.setTimer(() => term.abort(), renewDeadlineMs);
  let timer = deadline();
  let working = true;
  const work = options.lead(termSignal).finally(() => {
    working = false;
    term.abort();
  });
  // Its failure is thrown below; until then it must not count as unhandled.
  work.catch(() => {});
  while (!termSignal.aborted) {
    await sleep(clock, retryPeriodMs, termSignal);
    if (termSignal.aborted || !(await tryAcquireOrRenew(options, observed))) continue;
    timer.cancel();
    timer = deadline();
  }
  timer.cancel();
  const stepsDown = signal.aborted || !working;
  await work;
  if (stepsDown) await release(options);
}

async function tryAcquireOrRenew(options: LeaderElectionOptions, observed: Observed): Promise<boolean> {
  const { client, clock, lease, identity, log } = options;
  const now = formatMicroTime(clock.now());
  const leaseDurationMs = options.leaseDurationMs ?? 15_000;
  const wanted: LeaseSpec = {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
    acquireTime: now,
    renewTime: now,
    leaseTransitions: 0,
  };
  try {
    const existing = await find(client, lease);
    if (existing === undefined) {
      await client.create(leases, { metadata: { ...lease }, spec: wanted } as Lease);
      return true;
    }
    const spec = existing.spec ?? {};
    const record = JSON.stringify(spec);
    if (record !== observed.record) Object.assign(observed, { record, atMs: clock.monotonic() });
    const held = spec.holderIdentity !== undefined && spec.holderIdentity !== "";
    const mine = spec.holderIdentity === identity;
    const theirMs = (spec.leaseDurationSeconds ?? 0) * 1000;
    observed.expiresAtMs = held && !mine ? observed.atMs + theirMs : 0;
    if (held && !mine && clock.monotonic() - observed.atMs < theirMs) return false;
    const next = mine
      ? { ...wanted, acquireTime: spec.acquireTime, leaseTransitions: spec.leaseTransitions }
      : { ...wanted, leaseTransitions: (spec.leaseTransitions ?? 0) + 1 };
    const updated = await client.update(leases, { ...existing, spec: { ...spec, ...next } });
    Object.assign(observed, { record: JSON.stringify(updated.spec ?? {}), atMs: clock.monotonic() });
    return true;
  } catch (error) {
    log.debug("lease not acquired", { lease: lease.name, error: errorMessage(error) });
    return false;
  }
}

/** Lets the next candidate take over at once. Failing is harmless: the lease expires. */
async function release(options: LeaderElectionOptions): Promise<void> {
  const { client, clock, lease, identity, log } = options;
  try {
    const existing = await find(client, lease);
    if (existing?.spec?.holderIdentity !== identity) return;
    const now = formatMicroTime(clock.now());
    const spec = { ...existing.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
    await client.update(leases, { ...existing, spec });
  } catch (error) {
    log.debug("lease not released", { lease: lease.name, error: errorMessage(error) });
  }
}

async function find(client: Client, lease: ObjectName): Promise<Lease | undefined> {
  try {
    return await client.get(leases, lease);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
