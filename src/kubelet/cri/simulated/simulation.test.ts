import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerConfig, PodSandboxConfig } from "../config.ts";
import { readSimulation, SimulationError } from "./read-simulation.ts";
import { matchesPattern, rulesOf, said } from "./simulation.ts";

const patterns: [pattern: string, text: string, fits: boolean][] = [
  ["web", "web", true],
  ["web", "webs", false],
  ["*", "", true],
  ["web*", "web:1", true],
  ["*/web:*", "registry/web:1", true],
  ["a*a", "a", false],
  ["a*b*c", "axxbyyc", true],
  ["a*b*c", "acb", false],
  ["*bb*", "abbb", true],
];
for (const [pattern, text, fits] of patterns) {
  test(`pattern ${pattern} on "${text}"`, () => assert.equal(matchesPattern(pattern, text), fits));
}

const wrong: [value: unknown, message: RegExp][] = [
  [[], /^the simulation must be an object$/],
  [{ rule: [] }, /^rule is not known; known are nodes, rules, failures$/],
  [{ rules: {} }, /^rules must be a list$/],
  [{ rules: [{ exit: { code: 1 } }] }, /^rules\[0\]\.exit\.afterMs must be set$/],
  [{ rules: [{ exit: { afterMs: 1, code: 256 } }] }, /^rules\[0\]\.exit\.code must be 0 to 255$/],
  [{ rules: [{ pull: { durationMs: -1 } }] }, /^rules\[0\]\.pull\.durationMs must be a number that is not negative$/],
  [{ failures: [{ nodes: ["a"] }] }, /^failures\[0\]\.afterMs must be set$/],
  [JSON.parse('{"__proto__": {"nodes": 1}}'), /^__proto__ is not known/],
];
for (const [value, message] of wrong) {
  test(`refused: ${JSON.stringify(value)}`, () => {
    assert.throws(
      () => readSimulation(value),
      (error) => error instanceof SimulationError && message.test(error.message),
    );
  });
}

test("the first rule that fits and says something counts, part by part", () => {
  const simulation = readSimulation({
    rules: [
      { labels: { app: "job" }, exit: { afterMs: 50 } },
      { images: ["slow*"], start: { durationMs: 900 } },
      { exit: { afterMs: 9999, code: 3 }, namespaces: ["batch"] },
    ],
  });
  const job = { namespace: "batch", image: "slow:1", labels: { app: "job" } };
  assert.deepEqual(said(simulation, job, "exit"), { afterMs: 50 });
  assert.deepEqual(said(simulation, job, "start"), { durationMs: 900 });
  assert.deepEqual(said(simulation, { ...job, labels: {} }, "exit"), { afterMs: 9999, code: 3 });
  assert.equal(said(simulation, { ...job, labels: {}, namespace: "default" }, "exit"), undefined);

  const sandbox = {
    metadata: { namespace: "batch", name: "x" },
    labels: { app: "job" },
  } as unknown as PodSandboxConfig;
  const container = { image: { image: "slow:1" } } as ContainerConfig;
  const behaviour = rulesOf(simulation).behave(container, sandbox);
  assert.deepEqual(behaviour, { startMs: 900, exit: { afterMs: 50, code: 0 }, onTerm: { afterMs: 20, code: 0 } });
});

test("a pull can fail", () => {
  const rules = rulesOf(readSimulation({ rules: [{ images: ["missing*"], pull: { error: "not found" } }] }));
  assert.deepEqual(rules.pull("missing:1"), { durationMs: 500, error: "not found" });
  assert.ok("sizeBytes" in rules.pull("there:1"));
});
