import assert from "node:assert/strict";
import { test } from "node:test";
import type { HistoryEntry } from "./history.ts";
import { plotHistory } from "./plot.ts";
import type { Workload } from "./workload.ts";

const workload: Workload = {
  name: "w",
  description: "",
  seconds: 1,
  goals: [
    { metric: "a_ms", atMost: 10 },
    { metric: "never_ms", atMost: 1 },
  ],
  measure: async () => ({}),
};

function entry(time: string, value: number, load: number): HistoryEntry {
  const machine = { processor: "", cores: 2, memoryGiB: 1, system: "", node: "", load, commit: "" };
  return { time, workload: "w", measurements: { a_ms: value }, machine };
}

test("a goal that was measured has a panel with a line for the goal and a point a run", () => {
  const svg = plotHistory([entry("2026-01-01T00:00:00Z", 5, 0), entry("2026-01-02T00:00:00Z", 20, 3)], [workload]);
  assert.equal(svg.match(/<circle/g)?.length, 2);
  assert.equal(svg.match(/stroke-dasharray/g)?.length, 1);
  assert.match(svg, /a_ms, goal at most 10/);
  assert.doesNotMatch(svg, /never_ms/);
  const [met = "", missed = ""] = svg.match(/<circle[^>]*>/g) ?? [];
  assert.match(met, /fill="#1a7f5a"/);
  assert.match(missed, /stroke="#c2410c".*fill="#ffffff"/, "missed on a busy machine");
  const height = (circle: string): number => Number(/cy="([\d.]+)"/.exec(circle)?.[1]);
  assert.ok(height(missed) < height(met), "more is higher up");
});

test("names are text, not markup, and what is no number is left out", () => {
  const goals = [{ metric: "<b>&", atMost: 1 }];
  const measurements = { "<b>&": Number.NaN };
  const named = { ...workload, goals };
  const first = { ...entry("2026-01-01T00:00:00Z", 1, 0), measurements };
  assert.doesNotMatch(plotHistory([first], [named]), /<circle/);
  const svg = plotHistory([{ ...first, measurements: { "<b>&": 1 } }], [named]);
  assert.match(svg, /&lt;b>&amp;, goal/);
});

test("an empty history is an empty plot", () => assert.match(plotHistory([], [workload]), /^<svg .*<\/svg>\n$/s));
