import type { Job, JobSpec } from "../../api/generated/batch/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { JOB_FINALIZER } from "../pod-control/pod-informer.ts";
import { NO_FAILURES } from "./backoff.ts";
import type { JobFacts } from "./facts.ts";
import { COMPLETION_INDEX } from "./job-pods.ts";

export const NOW_MS = Date.UTC(2026, 0, 2);
const ago = (ms: number): string => `${new Date(NOW_MS - ms).toISOString().slice(0, 19)}Z`;

/** For tests: a job `sum` of one pod. */
export function buildJob(spec: Partial<JobSpec> = {}, more: Partial<Job> = {}): Job {
  return {
    metadata: { name: "sum", namespace: "default", uid: "uid-sum", generation: 1 },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      template: { spec: { restartPolicy: "Never", containers: [{ name: "sum", image: "sum" }] } },
      ...spec,
    },
    ...more,
  };
}

export function indexed(completions: number, spec: Partial<JobSpec> = {}): Job {
  return buildJob({ completionMode: "Indexed", completions, parallelism: completions, ...spec });
}

export interface JobPodFacts {
  readonly name?: string;
  readonly phase?: "Pending" | "Running" | "Succeeded" | "Failed";
  readonly index?: number;
  readonly exitCode?: number;
  readonly restarts?: number;
  readonly tracked?: boolean;
  readonly deleting?: boolean;
  readonly endedForMs?: number;
  readonly annotations?: Record<string, string>;
  readonly condition?: string;
}

let count = 0;

/** For tests: a pod of that job, running unless told otherwise. */
export function buildJobPod(facts: JobPodFacts = {}): Pod {
  const name = facts.name ?? `sum-${count++}`;
  const phase = facts.phase ?? "Running";
  const ended = phase === "Succeeded" || phase === "Failed";
  const exitCode = facts.exitCode ?? (phase === "Failed" ? 1 : 0);
  const terminated = { exitCode, finishedAt: ago(facts.endedForMs ?? 3_600_000) };
  const index: Record<string, string> = facts.index === undefined ? {} : { [COMPLETION_INDEX]: String(facts.index) };
  return {
    metadata: {
      name,
      namespace: "default",
      uid: `uid-${name}`,
      creationTimestamp: ago(7_200_000),
      annotations: { ...index, ...facts.annotations },
      finalizers: facts.tracked === false ? [] : [JOB_FINALIZER],
      ...(facts.deleting ? { deletionTimestamp: ago(0) } : {}),
    },
    spec: { nodeName: "n1", containers: [{ name: "sum" }] },
    status: {
      phase,
      conditions: facts.condition === undefined ? [] : [{ type: facts.condition, status: "True" }],
      containerStatuses: [
        {
          name: "sum",
          image: "",
          imageID: "",
          ready: !ended,
          restartCount: facts.restarts ?? 0,
          state: ended ? { terminated } : { running: {} },
        },
      ],
    },
  };
}

export function buildJobFacts(job: Job, pods: readonly Pod[], more: Partial<JobFacts> = {}): JobFacts {
  return { job, pods, untracked: new Set(), trusted: true, backoff: NO_FAILURES, nowMs: NOW_MS, ...more };
}
