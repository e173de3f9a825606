import type { Job, JobCondition, JobStatus } from "../../api/generated/batch/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { jobs, pods } from "../../api/generated/resources.ts";
import { apiVersionOf, controllerOf, joinKey, keyOf, splitKey } from "../../api/meta.ts";
import { labelSelectorOf } from "../../api/selectors.ts";
import { formatTime } from "../../base/clock.ts";
import { found } from "../../client/found.ts";
import type { Change, Informer } from "../../client/informer.ts";
import { createOwnWrites, type OwnWrites } from "../own-writes.ts";
import { type ClaimOwner, claimSelected } from "../pod-control/claim.ts";
import { createExpectations, type Expectations } from "../pod-control/expectations.ts";
import { podControlOf, podFromTemplate } from "../pod-control/pod-control.ts";
import { JOB_FINALIZER, jobKeyOf, podInformer } from "../pod-control/pod-informer.ts";
import { slowStart } from "../pod-control/slow-start.ts";
import {
  type ControllerDependencies,
  type ControllerFactory,
  from,
  type ReconcileResult,
  restAfter,
} from "../reconciler.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { accountJob, countUntracked, finalCondition, readyCount, suspension } from "./account.ts";
import { type BackoffRecord, NO_FAILURES, recordEnds } from "./backoff.ts";
import { finishedConditionOf, jobCondition, withStatus } from "./conditions.ts";
import { countJob, type JobCounts, type JobFacts } from "./facts.ts";
import { createFinalizers, type Finalizers } from "./finalizers.ts";
import { isSuspended, isTracked } from "./job-pods.ts";
import { deadlineInMs, type JobPlan, planJob } from "./plan.ts";
import { generateNameFor, templateFor } from "./pod-template.ts";

const OWN_NAME = "kubernetes.io/job-controller";

interface Context extends ControllerDependencies {
  readonly jobs: Informer<Job>;
  /** A status that only its writer knows has counted pods that are counted nowhere else. */
  readonly latest: OwnWrites<Job>;
  readonly pods: Informer<Pod>;
  readonly expectations: Expectations;
  readonly finalizers: Finalizers;
  readonly backoffs: Map<string, BackoffRecord>;
}

/** Runs the pods of Jobs to completion. */
export const jobController: ControllerFactory = (dependencies) => {
  const { informers, clock, client } = dependencies;
  const podsOf = podInformer(informers);
  const known = informers.informer(jobs);
  const context: Context = {
    ...dependencies,
    jobs: known,
    latest: createOwnWrites(known),
    pods: podsOf,
    expectations: createExpectations(clock, podsOf),
    finalizers: createFinalizers(client, podsOf),
    backoffs: new Map(),
  };
  return {
    name: "job-controller",
    workers: 5,
    sources: [from(context.jobs, ({ key }) => [key]), from(podsOf, (change) => jobsOf(context, change))],
    reconcile: (key) => reconcile(context, key),
  };
};

function jobsOf(context: Context, { before, after }: Change<Pod>): Set<string> {
  const keys = new Set<string>();
  for (const pod of [before, after]) {
    if (pod === undefined) continue;
    const owner = controllerOf(pod);
    if (owner?.kind === "Job") keys.add(joinKey(pod.metadata?.namespace, owner.name));
    // Held by a job that may be gone, which then nobody else would free.
    else if (isTracked(pod)) keys.add(jobKeyOf(pod));
  }
  if (after !== undefined && controllerOf(after) === undefined) {
    for (const job of context.jobs.list(after.metadata?.namespace)) {
      if (labelSelectorOf(job.spec?.selector)(after.metadata?.labels)) keys.add(keyOf(job));
    }
  }
  return keys;
}

async function reconcile(context: Context, key: string): Promise<ReconcileResult> {
  const job = context.latest.get(key);
  if (job === undefined || finishedConditionOf(job) !== undefined) {
    context.expectations.forget(key);
    context.backoffs.delete(key);
    await free(context, { key, job, from: context.pods.by("tracked", key) });
    return undefined;
  }
  if (job.spec?.managedBy !== undefined && job.spec.managedBy !== OWN_NAME) return undefined;
  const owner: ClaimOwner = { apiVersion: apiVersionOf(jobs), kind: jobs.kind, metadata: job.metadata };
  await context.expectations.settle(key, (podKey) => context.client.get(pods, splitKey(podKey)));
  // Before the pods are looked at: a pod that shows while this waits is not among them, and would be made again.
  const trusted = context.expectations.satisfied(key);
  const claimed = await claimPods(context, job, owner);
  const uids = new Set(claimed.map((pod) => pod.metadata?.uid));
  const from = context.pods.by("tracked", key).filter((pod) => !uids.has(pod.metadata?.uid));
  await free(context, { key, job, from });
  return await sync(context, { key, job, owner, claimed, trusted });
}

/** Lets pods go that no job will count. @param of.job the job of that key as it is known here */
async function free(
  context: Context,
  { key, job, from }: { key: string; job: Job | undefined; from: readonly Pod[] },
): Promise<void> {
  const { removed } = context.finalizers;
  const held = from.filter((pod) => !removed.has(pod.metadata?.uid ?? ""));
  const isOfAnotherJob = (pod: Pod): boolean => {
    const owner = controllerOf(pod);
    return owner?.kind === jobs.kind && owner.uid !== job?.metadata?.uid;
  };
  // A job that only the cache does not know counts its pods as soon as it shows.
  const counting = held.some(isOfAnotherJob) ? await countingJob(context, key) : undefined;
  const free = held.filter((pod) => counting === undefined || controllerOf(pod)?.uid !== counting);
  const { error } = await context.finalizers.remove(free);
  if (error !== undefined) throw error;
}

/** Uid of the job that has that key now, while it is at work. */
async function countingJob({ client }: Context, key: string): Promise<string | undefined> {
  const live = await found(client.get(jobs, splitKey(key)));
  return live !== undefined && finishedConditionOf(live) === undefined ? live.metadata?.uid : undefined;
}

async function claimPods(context: Context, job: Job, owner: ClaimOwner): Promise<Pod[]> {
  const { namespace = "", name = "" } = job.metadata ?? {};
  const claimed = await claimSelected({
    client: context.client,
    owner,
    resource: pods,
    from: context.pods,
    selector: job.spec?.selector,
    finalizer: JOB_FINALIZER,
    liveOwner: () => context.client.get(jobs, { namespace, name }),
  });
  // What was adopted just now has the finalizer, although the cache does not show it yet.
  return claimed.map((pod) => (controllerOf(pod) === undefined ? withFinalizer(pod) : pod));
}

function withFinalizer(pod: Pod): Pod {
  return { ...pod, metadata: { ...pod.metadata, finalizers: [...(pod.metadata?.finalizers ?? []), JOB_FINALIZER] } };
}

interface Target {
  readonly key: string;
  readonly job: Job;
  readonly owner: ClaimOwner;
  readonly claimed: readonly Pod[];
  /** The cache has shown all that was written for the job. */
  readonly trusted: boolean;
}

async function sync(context: Context, target: Target): Promise<ReconcileResult> {
  const { key, job, claimed, trusted } = target;
  const nowMs = context.clock.now();
  const known: JobFacts = {
    job,
    pods: claimed,
    untracked: context.finalizers.removed,
    trusted,
    backoff: context.backoffs.get(key) ?? NO_FAILURES,
    nowMs,
  };
  const counts = countJob(known);
  const facts = { ...known, backoff: recordEnds(known.backoff, counts.newSucceeded, counts.newFailed) };
  const plan = planJob(facts, counts);
  const outcome = await writePods(context, target, { plan, counts });
  await track(context, { key, facts, counts, plan, outcome });
  if (outcome.error !== undefined) throw outcome.error;
  const waits = [plan.waitMs, deadlineInMs(job, nowMs)].filter((wait) => wait !== undefined);
  const restMs = restAfter(claimed.length);
  return waits.length === 0 ? { restMs } : { requeueAfterMs: Math.min(...waits), restMs };
}

interface Outcome {
  readonly created: number;
  readonly deleted: readonly Pod[];
  readonly error?: unknown;
}

async function writePods(
  context: Context,
  { key, job, owner }: Target,
  { plan, counts }: { plan: JobPlan; counts: JobCounts },
): Promise<Outcome> {
  const control = podControlOf(context, owner, key);
  const results = await Promise.allSettled(plan.delete.map((pod) => control.delete(pod)));
  const deleted = plan.delete.filter((_, index) => results[index]!.status === "fulfilled");
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) return { created: 0, deleted, error: failed.reason };
  const { random } = context;
  const { done, error } = await slowStart(plan.create.length, async (position) => {
    const index = plan.create[position];
    const replaced = index === undefined ? undefined : counts.awaitingReplacement.get(index);
    const generateName = generateNameFor(job, index);
    await control.create(podFromTemplate({ template: templateFor(job, index, replaced), owner, random, generateName }));
  });
  return { created: done, deleted, error };
}

interface Progress {
  readonly key: string;
  readonly facts: JobFacts;
  readonly counts: JobCounts;
  readonly plan: JobPlan;
  readonly outcome: Outcome;
}

/** Writes the status, frees the pods that it has noted, and writes what follows from that. */
async function track(context: Context, progress: Progress): Promise<void> {
  const { key, facts, counts, outcome } = progress;
  const { job, nowMs } = facts;
  const active = counts.active.length - outcome.deleted.length + outcome.created;
  const ending = endingNow(progress, active);
  const managed = progress.plan.managed && ending === undefined;
  const changed = managed ? suspension(job, nowMs) : undefined;
  const account = accountJob({
    ...facts,
    counts,
    ending,
    active,
    ready: readyCount(counts.active.filter((pod) => !outcome.deleted.includes(pod))),
    removed: outcome.deleted.length,
    conditions: changed === undefined ? job.status?.conditions : withStatus(job.status?.conditions, changed),
    startTime: startTimeOf(job, { change: changed, managed, ends: ending !== undefined, time: formatTime(nowMs) }),
  });
  const written = await updateStatus(context, job, account.status);
  // Now and not later: failures that are noted in the status are not seen as new again.
  context.backoffs.set(key, facts.backoff);
  if (changed !== undefined) {
    const reason = changed.status === "True" ? "Suspended" : "Resumed";
    context.events.event(job, { type: "Normal", reason, message: changed.message ?? "" });
  }
  const { failed, error } = await context.finalizers.remove(account.untrack);
  const freed = new Set(account.untrack.filter((pod) => !failed.includes(pod)).map((pod) => pod.metadata?.uid ?? ""));
  const held = facts.pods.filter((pod) => isTracked(pod) && !context.finalizers.removed.has(pod.metadata?.uid ?? ""));
  const tracked = new Set(held.map((pod) => pod.metadata?.uid ?? "").filter((uid) => !freed.has(uid)));
  const counted = countUntracked(account.status, tracked);
  const final = ending === undefined || account.more ? undefined : finalCondition(counted, ending, nowMs);
  await updateStatus(context, written, final === undefined ? counted : finished(counted, final));
  if (final !== undefined) tellEnd(context, job, { final, counted });
  if (error !== undefined) throw error;
}

/** A job ends only when all its active pods have been removed and none may be hidden from the cache. */
function endingNow({ facts, counts, plan, outcome }: Progress, active: number): JobCondition | undefined {
  const { job, nowMs } = facts;
  if (plan.ending !== undefined) {
    return outcome.deleted.length === counts.active.length && facts.trusted ? plan.ending : undefined;
  }
  const { completions } = job.spec!;
  const enough = completions === undefined ? counts.succeeded > 0 : counts.succeeded >= completions;
  if (!enough || active > 0) return undefined;
  const message = "Reached expected number of succeeded pods";
  return jobCondition("SuccessCriteriaMet", { reason: "CompletionsReached", message }, nowMs);
}

/** A job that is suspended has not started (again); one that is resumed starts anew, and none ends before it starts. */
function startTimeOf(
  job: Job,
  now: { change: JobCondition | undefined; managed: boolean; ends: boolean; time: string },
): string | undefined {
  const before = job.status?.startTime;
  if (isSuspended(job) && !(now.ends && job.spec?.completions !== 0)) return now.managed ? undefined : before;
  return now.change?.status === "False" ? now.time : (before ?? now.time);
}

function finished(status: JobStatus, final: JobCondition): JobStatus {
  const conditions = withStatus(status.conditions, final) ?? status.conditions;
  return final.type === "Complete"
    ? { ...status, conditions, completionTime: final.lastTransitionTime }
    : { ...status, conditions };
}

function tellEnd(context: Context, job: Job, { final, counted }: { final: JobCondition; counted: JobStatus }): void {
  if (final.type === "Failed") {
    context.events.event(job, { type: "Warning", reason: final.reason ?? "", message: final.message ?? "" });
    return;
  }
  const { completions } = job.spec!;
  if (completions !== undefined && (counted.succeeded ?? 0) > completions) {
    context.events.event(job, { type: "Warning", reason: "TooManySucceededPods", message: "Too many succeeded pods" });
  }
  context.events.event(job, { type: "Normal", reason: "Completed", message: "Job completed" });
}

async function updateStatus(context: Context, job: Job, status: JobStatus): Promise<Job> {
  if (semanticEqual(job.status, status)) return job;
  return context.latest.wrote(await context.client.update(jobs, { ...job, status }, { subresource: "status" }));
}
