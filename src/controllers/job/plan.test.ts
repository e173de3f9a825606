import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Job, PodFailurePolicy } from "../../api/generated/batch/v1.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import { NO_FAILURES, recordEnds } from "./backoff.ts";
import { countJob, type JobFacts } from "./facts.ts";
import { buildJob, buildJobFacts, buildJobPod, indexed, type JobPodFacts } from "./job-builders.ts";
import { INDEX_FAILURE_COUNT } from "./job-pods.ts";
import { type JobPlan, planJob } from "./plan.ts";
import { templateFor } from "./pod-template.ts";

function plan(job: Job, pods: Pod[], more: Partial<JobFacts> = {}): JobPlan {
  const facts = buildJobFacts(job, pods, more);
  return planJob(facts, countJob(facts));
}
const names = (pods: readonly Pod[]): string[] => pods.map((pod) => pod.metadata?.name ?? "");
const pods = (count: number, facts: JobPodFacts = {}): Pod[] => Array.from({ length: count }, () => buildJobPod(facts));

describe("job plan: pods", () => {
  for (const [what, spec, running, succeeded, create, remove] of [
    ["starts one", {}, 0, 0, 1, 0],
    ["starts as many as parallelism", { parallelism: 3, completions: 10 }, 0, 0, 3, 0],
    ["starts no more than are missing", { parallelism: 3, completions: 10 }, 0, 8, 2, 0],
    ["keeps those that run", { parallelism: 3, completions: 10 }, 3, 2, 0, 0],
    ["removes what is too many", { parallelism: 1, completions: 10 }, 3, 0, 0, 2],
    ["without completions starts parallelism", { parallelism: 3, completions: undefined }, 0, 0, 3, 0],
    ["without completions stops after a success", { parallelism: 3, completions: undefined }, 2, 1, 0, 0],
    ["with parallelism 0 rests", { parallelism: 0 }, 0, 0, 0, 0],
    ["suspended removes all", { suspend: true, parallelism: 3, completions: 3 }, 2, 0, 0, 2],
  ] as const) {
    it(what, () => {
      const result = plan(buildJob(spec), [...pods(running), ...pods(succeeded, { phase: "Succeeded" })]);
      assert.equal(result.create.length, create);
      assert.equal(result.delete.length, remove);
    });
  }

  it("does nothing while the cache is behind or the job is being deleted", () => {
    assert.equal(plan(buildJob(), [], { trusted: false }).create.length, 0);
    const deleting = buildJob({}, { metadata: { name: "sum", deletionTimestamp: "2026-01-01T00:00:00Z" } });
    assert.equal(plan(deleting, []).create.length, 0);
  });

  it("replaces a terminating pod at once, or only when it has failed", () => {
    const terminating = buildJobPod({ deleting: true });
    assert.equal(plan(buildJob(), [terminating]).create.length, 1);
    assert.equal(plan(buildJob({ podReplacementPolicy: "Failed" }), [terminating]).create.length, 0);
  });

  it("waits 10 s after a failure, doubling", () => {
    const failed = [buildJobPod({ phase: "Failed", endedForMs: 4000 })];
    const once = recordEnds(NO_FAILURES, [], failed);
    assert.equal(plan(buildJob(), failed, { backoff: once }).waitMs, 6000);
    const twice = recordEnds(once, [], [buildJobPod({ phase: "Failed", endedForMs: 1000 })]);
    assert.equal(plan(buildJob(), failed, { backoff: twice }).waitMs, 19_000);
    const success = recordEnds(twice, [buildJobPod({ phase: "Succeeded", endedForMs: 500 })], []);
    assert.equal(plan(buildJob({ completions: 5 }), failed, { backoff: success }).create.length, 1);
  });
});

describe("job plan: ends", () => {
  for (const [what, job, has, reason] of [
    [
      "failures beyond backoffLimit",
      buildJob({ backoffLimit: 1 }),
      pods(2, { phase: "Failed" }),
      "BackoffLimitExceeded",
    ],
    [
      "restarts in place",
      buildJob({ backoffLimit: 2, template: { spec: { restartPolicy: "OnFailure", containers: [] } } }),
      pods(1, { restarts: 2 }),
      "BackoffLimitExceeded",
    ],
    [
      "the deadline",
      buildJob({ activeDeadlineSeconds: 10 }, { status: { startTime: "2026-01-01T23:59:50Z" } }),
      pods(1),
      "DeadlineExceeded",
    ],
  ] as const) {
    it(`by ${what}, and removes all pods`, () => {
      const result = plan(job, [...has, buildJobPod({ name: "last" })]);
      assert.equal(result.ending?.type, "FailureTarget");
      assert.equal(result.ending?.reason, reason);
      assert.ok(names(result.delete).includes("last"));
    });
  }

  it("not by failures within backoffLimit", () => {
    assert.equal(plan(buildJob({ backoffLimit: 2 }), pods(2, { phase: "Failed" })).ending, undefined);
  });

  it("stays with what was decided", () => {
    const conditions = [{ type: "FailureTarget", status: "True", reason: "DeadlineExceeded" }];
    assert.equal(plan(buildJob({}, { status: { conditions } }), []).ending?.reason, "DeadlineExceeded");
  });
});

describe("job plan: podFailurePolicy", () => {
  const policy = (...rules: PodFailurePolicy["rules"]) => buildJob({ backoffLimit: 0, podFailurePolicy: { rules } });
  const onExit = (action: string, operator: string, ...values: number[]) => ({
    action,
    onExitCodes: { operator, values },
  });
  const failed = (facts: JobPodFacts = {}) => buildJobPod({ name: "p", phase: "Failed", exitCode: 42, ...facts });

  for (const [what, job, pod, reason] of [
    ["FailJob by exit code", policy(onExit("FailJob", "In", 42)), failed(), "PodFailurePolicy"],
    ["another exit code", policy(onExit("FailJob", "In", 43)), failed(), "BackoffLimitExceeded"],
    ["NotIn", policy(onExit("FailJob", "NotIn", 1)), failed(), "PodFailurePolicy"],
    ["Ignore", policy(onExit("Ignore", "In", 42)), failed(), undefined],
    ["the first rule wins", policy(onExit("Ignore", "In", 42), onExit("FailJob", "In", 42)), failed(), undefined],
    [
      "Ignore by condition",
      policy({ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }),
      failed({ condition: "DisruptionTarget" }),
      undefined,
    ],
    [
      "another condition",
      policy({ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }),
      failed(),
      "BackoffLimitExceeded",
    ],
    ["Count", policy(onExit("Count", "In", 42)), failed(), "BackoffLimitExceeded"],
  ] as const) {
    it(`${what}: ${reason ?? "goes on"}`, () => assert.equal(plan(job, [pod]).ending?.reason, reason));
  }

  it("says which rule made it fail", () => {
    const message = plan(policy(onExit("Ignore", "In", 1), onExit("FailJob", "In", 42)), [failed()]).ending?.message;
    assert.equal(message, "Container sum for pod default/p failed with exit code 42 matching FailJob rule at index 1");
  });
});

describe("job plan: Indexed", () => {
  it("starts the lowest indexes that are neither done nor running", () => {
    const job = indexed(6, { parallelism: 3 });
    job.status = { completedIndexes: "0", succeeded: 1 };
    const has = [buildJobPod({ index: 1, phase: "Succeeded" }), buildJobPod({ index: 3 })];
    assert.deepEqual(plan(job, has).create, [2, 4]);
  });

  it("removes pods that double an index or have none", () => {
    const has = [
      buildJobPod({ name: "a", index: 0 }),
      buildJobPod({ name: "b", index: 0, phase: "Pending" }),
      buildJobPod({ name: "c" }),
      buildJobPod({ name: "d", index: 7 }),
    ];
    assert.deepEqual(names(plan(indexed(3), has).delete).sort(), ["b", "c", "d"]);
  });

  it("gives each pod its index", () => {
    const template = templateFor(indexed(3), 2, undefined);
    assert.equal(template.spec?.hostname, "sum-2");
    assert.equal(template.metadata?.annotations?.["batch.kubernetes.io/job-completion-index"], "2");
    assert.deepEqual(template.spec?.containers[0]?.env, [
      {
        name: "JOB_COMPLETION_INDEX",
        valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" } },
      },
    ]);
  });

  for (const [what, rules, succeeded, met] of [
    ["all listed indexes", [{ succeededIndexes: "0,2" }], [0, 2], true],
    ["not all listed indexes", [{ succeededIndexes: "0,2" }], [0, 1], false],
    ["enough of the listed", [{ succeededIndexes: "0-3", succeededCount: 2 }], [1, 3], true],
    ["enough at all", [{ succeededCount: 2 }], [1, 4], true],
    ["too few", [{ succeededCount: 2 }], [4], false],
  ] as const) {
    it(`successPolicy: ${what}`, () => {
      const job = indexed(5, { successPolicy: { rules: [...rules] } });
      const result = plan(
        job,
        succeeded.map((index) => buildJobPod({ index, phase: "Succeeded" })),
      );
      assert.equal(result.ending?.type, met ? "SuccessCriteriaMet" : undefined);
      assert.equal(result.ending?.message, met ? "Matched rules at index 0" : undefined);
    });
  }
});

describe("job plan: backoffLimitPerIndex", () => {
  const job = (more = {}) => indexed(3, { backoffLimit: 2 ** 31 - 1, backoffLimitPerIndex: 1, ...more });
  const failed = (index: number, failures: number, endedForMs = 3_600_000) =>
    buildJobPod({ index, phase: "Failed", endedForMs, annotations: { [INDEX_FAILURE_COUNT]: String(failures) } });

  it("retries an index with its own back-off and count", () => {
    const recent = failed(0, 0, 3000);
    const result = plan(job(), [recent, buildJobPod({ index: 1 })]);
    assert.deepEqual(result.create, [2]);
    assert.equal(result.waitMs, 7000);
    assert.equal(templateFor(job(), 0, recent).metadata?.annotations?.[INDEX_FAILURE_COUNT], "1");
  });

  it("gives an index up, but runs every other", () => {
    assert.deepEqual(plan(job(), [failed(0, 1)]).create, [1, 2]);
  });

  it("fails when every index has ended and one has failed", () => {
    const done = [failed(0, 1), ...[1, 2].map((index) => buildJobPod({ index, phase: "Succeeded" }))];
    assert.equal(plan(job(), done).ending?.reason, "FailedIndexes");
  });

  it("stops beyond maxFailedIndexes", () => {
    const twoFailed = [failed(0, 1), failed(1, 1)];
    assert.equal(plan(job({ maxFailedIndexes: 1 }), twoFailed).ending?.reason, "MaxFailedIndexesExceeded");
    assert.equal(plan(job({ maxFailedIndexes: 2 }), twoFailed).ending, undefined);
  });

  it("fails an index at once by the policy's FailIndex", () => {
    const rules = [{ action: "FailIndex", onExitCodes: { operator: "In", values: [42] } }];
    const pod = buildJobPod({ index: 0, phase: "Failed", exitCode: 42 });
    assert.deepEqual(plan(job({ backoffLimitPerIndex: 5, podFailurePolicy: { rules } }), [pod]).create, [1, 2]);
  });
});
