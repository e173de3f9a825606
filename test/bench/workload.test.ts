import assert from "node:assert/strict";
import { test } from "node:test";
import { missedGoals, type Workload } from "./workload.ts";

const workload: Workload = {
  name: "w",
  description: "",
  seconds: 1,
  goals: [
    { metric: "rate", atLeast: 100 },
    { metric: "latency_ms", atMost: 5 },
  ],
  measure: async () => ({}),
};

test("goals are missed below, above, and without a measurement", () => {
  assert.deepEqual(missedGoals(workload, { rate: 100, latency_ms: 5 }), []);
  assert.deepEqual(missedGoals(workload, { rate: 99, latency_ms: 5 }), [{ metric: "rate", atLeast: 100 }]);
  assert.deepEqual(missedGoals(workload, { rate: 101, latency_ms: 6 }), [{ metric: "latency_ms", atMost: 5 }]);
  assert.deepEqual(missedGoals(workload, {}), workload.goals);
});
