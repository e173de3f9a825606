import assert from "node:assert/strict";
import { test } from "node:test";
import type { CronJob, Job, JobSpec, JobStatus } from "../generated/batch/v1.ts";
import { cloneJson } from "../patch/json-value.ts";
import { cronJobKind } from "./cron-job.ts";
import { jobKind } from "./job.ts";

const template = () => ({
  spec: { restartPolicy: "Never", containers: [{ name: "c", image: "nginx" }] },
});
function job(spec: Partial<JobSpec> = {}, status?: JobStatus): Job {
  const made: Job = {
    metadata: { name: "a", uid: "u" },
    spec: { template: template(), ...cloneJson(spec) },
  };
  jobKind.setDefaults!(made);
  jobKind.prepareForCreate!(made);
  if (status !== undefined) made.status = cloneJson(status);
  return made;
}
const texts = (errors: readonly { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);
const failure = (rule: object): Partial<JobSpec> => ({ podFailurePolicy: { rules: [rule as never] } });
const R = "spec.podFailurePolicy.rules[0]";

const creates: readonly [string, Partial<JobSpec>, readonly string[]][] = [
  ["a job", {}, []],
  [
    "an action that is not named",
    failure({ onExitCodes: { operator: "In", values: [1] } }),
    [`${R}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`],
  ],
  [
    "a rule for nothing",
    failure({ action: "Ignore" }),
    [`${R}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`],
  ],
  [
    "a policy that cannot wait",
    { ...failure({ action: "Ignore", onPodConditions: [{ type: "A" }] }), podReplacementPolicy: "TerminatingOrFailed" },
    ['spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"'],
  ],
  [
    "pods that restart by themselves",
    {
      ...failure({ action: "Ignore", onPodConditions: [{ type: "A" }] }),
      template: { spec: { ...template().spec, restartPolicy: "OnFailure" } },
    },
    [
      'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
    ],
  ],
  [
    "a label that is another job's",
    { template: { ...template(), metadata: { labels: { "job-name": "b" } } } },
    [
      `spec.template.metadata.labels[job-name]: Invalid value: {"controller-uid":"u","job-name":"b","batch.kubernetes.io/controller-uid":"u","batch.kubernetes.io/job-name":"a"}: must be 'a'`,
    ],
  ],
  [
    "a selector of another job",
    { selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "v" } } },
    [
      'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"v"}}: `selector` not auto-generated',
      `spec.template.metadata.labels: Invalid value: {"controller-uid":"u","job-name":"a","batch.kubernetes.io/controller-uid":"u","batch.kubernetes.io/job-name":"a"}: \`selector\` does not match template \`labels\``,
    ],
  ],
  [
    "the selector that is made, and the name",
    { selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "u", "job-name": "a" } } },
    [],
  ],
  [
    "no selector of its own",
    { manualSelector: true },
    [
      "spec.selector: Required value",
      "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
    ],
  ],
];
for (const [name, spec, expected] of creates) {
  test(`created: ${name}`, () => {
    const made = job(spec);
    assert.deepEqual(texts([...jobKind.validate!(made), ...jobKind.validateCreate!(made)]), expected);
  });
}

test("the host names of an indexed job's pods are labels", () => {
  const made = job({ completionMode: "Indexed", completions: 10 });
  made.metadata!.name = "a.b";
  const errors = texts(jobKind.validateCreate!(made)).filter((each) => each.startsWith("metadata.name"));
  assert.deepEqual(errors, [
    'metadata.name: Invalid value: "a.b": will not able to create pod with invalid DNS label: a.b-9',
  ]);
});

const idle: JobStatus = {};
const updates: readonly [string, Partial<JobSpec>, (spec: JobSpec) => void, JobStatus, readonly string[]][] = [
  [
    "indexes that all run at once",
    { completionMode: "Indexed", completions: 2, parallelism: 2 },
    (spec) => (spec.completions = spec.parallelism = 3),
    idle,
    [],
  ],
  [
    "indexes that do not",
    { completionMode: "Indexed", completions: 2, parallelism: 2 },
    (spec) => (spec.completions = 3),
    idle,
    ["spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism"],
  ],
  [
    "indexes without an end",
    { completionMode: "Indexed", completions: 2, parallelism: 2 },
    (spec) => delete spec.completions,
    idle,
    [],
  ],
  [
    "where pods of a suspended job run",
    { suspend: true },
    (spec) => {
      spec.template.spec!.nodeSelector = { a: "b" };
      spec.template.spec!.containers[0]!.resources = { limits: { cpu: "1" } };
      spec.template.metadata!.labels!.c = "d";
    },
    idle,
    [],
  ],
];
for (const [name, spec, change, status, expected] of updates) {
  test(`changed: ${name}`, () => {
    const old = job(spec, status);
    const draft = cloneJson(old);
    change(draft.spec!);
    assert.deepEqual(texts(jobKind.validateUpdate!(draft, old)), expected);
  });
}

const suspended = [{ type: "Suspended", status: "True" }];
const start = { startTime: "2026-01-01T00:00:00Z" };
for (const [name, spec, status, fixed] of [
  ["is not suspended", {}, {}, true],
  ["has pods that run", { suspend: true }, { active: 1, conditions: suspended }, true],
  ["is about to be suspended", { suspend: true }, start, true],
  ["was suspended", { suspend: true }, { ...start, conditions: suspended }, false],
] as const) {
  test(`where pods run: ${fixed ? "fixed" : "free"} while the job ${name}`, () => {
    const old = job(spec, status);
    const draft = cloneJson(old);
    draft.spec!.template.spec!.nodeSelector = { a: "b" };
    const wrong = fixed ? /^spec\.template: Invalid value: .*: field is immutable$/ : /^$/;
    assert.match(texts(jobKind.validateUpdate!(draft, old)).join(), wrong);
  });
}

test("what pods of a suspended job run stays as it is", () => {
  const old = job({ suspend: true });
  const draft = cloneJson(old);
  draft.spec!.template.spec!.containers[0]!.image = "other";
  const wrong = texts(jobKind.validateUpdate!(draft, old)).join();
  assert.match(wrong, /^spec\.template\.spec: Invalid value: .*: field is immutable$/);
});

test("labels that the API server makes stay; jobs of before have only the older ones", () => {
  const old = job({ suspend: true });
  const draft = cloneJson(old);
  delete draft.spec!.template.metadata!.labels!["job-name"];
  assert.deepEqual(texts(jobKind.validate!(draft, old)), [
    "spec.template.metadata.labels[job-name]: Required value: must be 'a'",
  ]);
  const labels = { "controller-uid": "u", "job-name": "a" };
  const before: Job = {
    ...old,
    spec: { ...old.spec, selector: { matchLabels: labels }, template: { ...template(), metadata: { labels } } },
  };
  jobKind.setDefaults!(before);
  assert.deepEqual(texts(jobKind.validate!(before, before)), []);
});

const yes = (...types: string[]) => types.map((type) => ({ type, status: "True" }));
const at = (second: number): string => `2026-01-01T00:00:0${second}Z`;
const done: JobStatus = {
  startTime: at(0),
  completionTime: at(1),
  succeeded: 1,
  conditions: yes("SuccessCriteriaMet", "Complete"),
};
const statuses: readonly [string, JobStatus, JobStatus, readonly string[]][] = [
  ["the end", { startTime: at(0), active: 1 }, done, []],
  [
    "an end that came from nowhere",
    { startTime: at(0) },
    { ...done, conditions: yes("Complete") },
    [
      "status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
    ],
  ],
  [
    "a failure without a reason",
    { startTime: at(0) },
    { startTime: at(0), conditions: yes("Failed") },
    ["status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition"],
  ],
  [
    "an end with pods that run",
    { startTime: at(0), active: 1, terminating: 1 },
    { ...done, active: 1, terminating: 1 },
    [
      "status.active: Invalid value: 1: active>0 is invalid for finished job",
      "status.terminating: Invalid value: 1: terminating>0 is invalid for finished job",
    ],
  ],
  [
    "an end that is taken back",
    done,
    { startTime: at(0), succeeded: 1 },
    [
      "status.conditions: Invalid value: cannot disable the terminal Complete=True condition",
      "status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition",
    ],
  ],
  [
    "times that move",
    done,
    { ...done, startTime: at(2), completionTime: at(1) },
    [
      `status.completionTime: Invalid value: "${at(1)}": completionTime cannot be set before startTime`,
      `status.startTime: Invalid value: "${at(2)}": field is immutable for unsuspended job once set`,
    ],
  ],
  [
    "a start that is forgotten",
    { startTime: at(0) },
    {},
    ['status.startTime: Invalid value: "null": field is immutable for unsuspended job once set'],
  ],
  [
    "a start of what is resumed",
    { startTime: at(0), conditions: yes("Suspended") },
    { startTime: at(1), conditions: [{ type: "Suspended", status: "False" }] },
    [],
  ],
  [
    "criteria that are met by what has failed",
    { conditions: yes("Failed", "FailureTarget"), startTime: at(0) },
    { conditions: yes("Failed", "FailureTarget", "SuccessCriteriaMet"), startTime: at(0) },
    [
      "status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and Failed=true conditions",
      "status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions",
    ],
  ],
  [
    "criteria that are met after the end",
    { ...done, conditions: yes("Complete") },
    done,
    [
      "status.conditions: Invalid value: cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions",
    ],
  ],
  [
    "failed indexes where none are counted",
    {},
    { failedIndexes: "a" },
    ['status.failedIndexes: Invalid value: "a": cannot set non-null failedIndexes when backoffLimitPerIndex is null'],
  ],
  [
    "counters that shrink",
    { failed: 2 },
    { failed: 1 },
    ["status.failed: Invalid value: 1: cannot decrease the failed counter"],
  ],
  [
    "more ready than there are",
    {},
    { ready: 1 },
    ["status.ready: Invalid value: 1: cannot set more ready pods than active"],
  ],
  [
    "indexes of a job without",
    {},
    { completedIndexes: "0" },
    [
      'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
    ],
  ],
  ["what was wrong before and stays", { ready: 1 }, { ready: 1, failed: 1 }, []],
];
for (const [name, before, after, expected] of statuses) {
  test(`status: ${name}`, () => {
    assert.deepEqual(texts(jobKind.validateStatusUpdate!(job({}, after), job({}, before))), expected);
  });
}

test("a job with criteria of its own meets them before it is complete", () => {
  const spec: Partial<JobSpec> = {
    completionMode: "Indexed",
    completions: 2,
    successPolicy: { rules: [{ succeededCount: 1 }] },
  };
  const before = job(spec, { startTime: at(0), conditions: yes("Complete") });
  assert.deepEqual(texts(jobKind.validateStatusUpdate!(before, before)), [
    "status.conditions: Invalid value: cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True",
  ]);
});

test("an index is done or failed, not both", () => {
  const spec: Partial<JobSpec> = { completionMode: "Indexed", completions: 5, backoffLimitPerIndex: 1 };
  const after = job(spec, { completedIndexes: "0-2", failedIndexes: "2,4" });
  assert.deepEqual(texts(jobKind.validateStatusUpdate!(after, job(spec, {}))), [
    'status.failedIndexes: Invalid value: "2,4": failedIndexes and completedIndexes overlap at index: 2',
  ]);
});

const cron = (schedule: string, timeZone?: string): CronJob => {
  const made: CronJob = {
    metadata: { name: "a" },
    spec: { schedule, jobTemplate: { spec: { template: template() } }, ...(timeZone !== undefined && { timeZone }) },
  };
  cronJobKind.setDefaults!(made);
  return made;
};
const noZone = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
const crons: readonly [string, CronJob, CronJob | undefined, readonly string[]][] = [
  [
    "a zone in the schedule",
    cron("TZ=UTC 0 * * * *"),
    undefined,
    [`spec.schedule: Invalid value: "TZ=UTC 0 * * * *": ${noZone}`],
  ],
  ["one that was there", cron("TZ=UTC 0 * * * *"), cron("TZ=UTC 1 * * * *"), []],
  [
    "two zones",
    cron("TZ=UTC 0 * * * *", "UTC"),
    cron("TZ=UTC 1 * * * *"),
    ['spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule'],
  ],
  [
    "no zone",
    cron("0 * * * *", ""),
    undefined,
    ['spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string'],
  ],
  [
    "an unknown zone",
    cron("0 * * * *", "Moon/Base"),
    undefined,
    ['spec.timeZone: Invalid value: "Moon/Base": unknown time zone Moon/Base'],
  ],
  ["an unknown zone that was there", cron("0 * * * *", "Moon/Base"), cron("0 * * * *", "Moon/Base"), []],
  [
    "here",
    cron("0 * * * *", "local"),
    undefined,
    [
      'spec.timeZone: Invalid value: "local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    ],
  ],
];
for (const [name, made, old, expected] of crons) {
  test(`cron: ${name}`, () => assert.deepEqual(texts(cronJobKind.validate!(made, old)), expected));
}
