import assert from "node:assert/strict";
import { test } from "node:test";
import { number, type Outcome, outcomeText, summaryText } from "./report.ts";
import type { Workload } from "./workload.ts";

const workload: Workload = {
  name: "w",
  description: "what it does",
  seconds: 1,
  goals: [
    { metric: "rate", atLeast: 1000 },
    { metric: "latency_ms", atMost: 5 },
  ],
  measure: async () => ({}),
};
const outcome: Outcome = { workload, measurements: { rate: 1234.5, other: 0.01234, latency_ms: 7 } };
const machine = { processor: "", cores: 2, memoryGiB: 1, system: "", node: "", load: 0, commit: "" };

test("all that was measured is told with its goals", () => {
  assert.equal(
    outcomeText(outcome, { judged: true }),
    `
w: what it does
  rate         1,235  ok (at least 1,000)
  other       0.0123
  latency_ms       7  MISSED (at most 5)
`,
  );
});

test("beside a peer's stand ratios", () => {
  assert.equal(
    outcomeText({ ...outcome, peer: { rate: 617.25 } }, { judged: true }),
    `
w: what it does
  rate         1,235  peer 617  ratio 2  ok (at least 1,000)
  other       0.0123
  latency_ms       7                     MISSED (at most 5)
`,
  );
});

test("the table of all goals has the last run's numbers, what failed and what is missing", () => {
  const history = [1, 2].map((rate) => ({ time: "", workload: "w", measurements: { rate }, machine }));
  const failed: Outcome = { workload: { ...workload, name: "v" }, error: "no" };
  const half: Outcome = { workload, measurements: { rate: 999 } };
  assert.equal(
    summaryText([failed, half], history, { judged: true }),
    `
workload  goal for    measured  goal            last time
v                                                          FAILED
w         rate             999  at least 1,000          2  MISSED
          latency_ms            at most 5                  NOT MEASURED
`,
  );
});

test("a scaled run is not judged", () => {
  assert.doesNotMatch(outcomeText(outcome, { judged: false }), /MISSED|ok/);
  assert.doesNotMatch(summaryText([outcome], [], { judged: false }), /MISSED|ok/);
});

test("numbers have three digits, or all before the point", () => {
  const shown = [0, 0.000012345, 3, 99.94, 100.4, 1234567].map(number);
  assert.deepEqual(shown, ["0", "0.0000123", "3", "99.9", "100", "1,234,567"]);
});
