import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobSpec } from "../generated/batch/v1.ts";
import { succeededIndexesError } from "./succeeded-indexes.ts";
import { validateJobSpec } from "./validate-job.ts";

const template = {
  spec: {
    restartPolicy: "Never",
    dnsPolicy: "ClusterFirst",
    terminationGracePeriodSeconds: 30,
    containers: [{ name: "work", image: "work:1", imagePullPolicy: "Always", terminationMessagePolicy: "File" }],
  },
} as JobSpec["template"];
const indexed: Partial<JobSpec> = { completionMode: "Indexed", completions: 10, parallelism: 1 };
const failure = (rule: object): Partial<JobSpec> => ({
  podFailurePolicy: { rules: [{ action: "FailJob", ...rule }] } as NonNullable<JobSpec["podFailurePolicy"]>,
});
const codes = (values: number[], more: object = {}) => failure({ onExitCodes: { operator: "In", values, ...more } });

const cases: readonly [string, Partial<JobSpec>, readonly string[]][] = [
  ["nothing special", {}, []],
  ["exit codes in order", codes([1, 2, 40]), []],
  ["exit codes out of order", codes([2, 1]), ["onExitCodes.values: Invalid value: [2,1]: must be ordered"]],
  ["exit codes twice", codes([2, 2]), ["onExitCodes.values[1]: Duplicate value: 2"]],
  [
    "policies that say nothing",
    { ...indexed, podFailurePolicy: {}, successPolicy: {} } as Partial<JobSpec>,
    ["spec.successPolicy.rules: Required value: at least one rules must be specified"],
  ],
  ["zero", codes([0]), ["onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator"]],
  [
    "a container that is not there",
    codes([1], { containerName: "other" }),
    [
      'onExitCodes.containerName: Invalid value: "other": must be one of the container or initContainer names in the pod template',
    ],
  ],
  [
    "a condition without type or status",
    failure({ onPodConditions: [{ type: "", status: "Maybe" }] }),
    [
      'onPodConditions[0].type: Invalid value: "": name part must be non-empty',
      'onPodConditions[0].type: Invalid value: "": name part must consist of',
      'onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
    ],
  ],
  [
    "an index of its own limit",
    failure({ action: "FailIndex", onExitCodes: { operator: "In", values: [1] } }),
    ['.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set'],
  ],
  ["who works on it", { managedBy: "example.com/jobs" }, []],
  [
    "nobody in particular",
    { managedBy: "jobs" },
    ['spec.managedBy: Invalid value: "jobs": must be a domain-prefixed path (such as "acme.io/foo")'],
  ],
  [
    "more failures than completions",
    { ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 11 },
    ["spec.maxFailedIndexes: Invalid value: 11: must be less than or equal to completions"],
  ],
  ["success", { ...indexed, successPolicy: { rules: [{ succeededIndexes: "0,2-4", succeededCount: 3 }] } }, []],
  [
    "more successes than named",
    { ...indexed, successPolicy: { rules: [{ succeededIndexes: "0-1", succeededCount: 3 }] } },
    ["must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)"],
  ],
  [
    "an index beyond",
    { ...indexed, successPolicy: { rules: [{ succeededIndexes: "10" }] } },
    ['rules[0].succeededIndexes: Invalid value: "10": error parsing succeededIndexes: too large index: "10"'],
  ],
];

for (const [title, more, expected] of cases) {
  test(`a job's spec: ${title}`, () => {
    const errors = validateJobSpec({ template, ...more } as JobSpec, "spec").map(
      (each) => `${each.field}: ${each.message}`,
    );
    assert.equal(errors.length, expected.length, errors.join("\n"));
    for (const [index, text] of expected.entries()) assert.ok(errors[index]!.includes(text), errors[index]);
  });
}

test("indexes that have succeeded are counted, in order only", () => {
  assert.equal(succeededIndexesError("0,2-4,9", 10), 5);
  assert.equal(succeededIndexesError("", 10), 0);
  for (const wrong of ["4-2", "1,1", "1-2-3", "a", "3,1", "2-2"]) {
    assert.equal(typeof succeededIndexesError(wrong, 10), "string", wrong);
  }
});
