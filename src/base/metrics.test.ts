import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "./metrics.ts";

test("metrics are rendered as Prometheus reads them", () => {
  const metrics = new Metrics();
  const requests = metrics.counter("requests_total", "Requests\nserved.", ["verb", "path"]);
  requests.labels("GET", 'a"b\\c').inc();
  requests.labels("GET", 'a"b\\c').inc(2);
  metrics.gauge("inflight", "Now.").labels().set(3);
  metrics.gauge("unused", "Never set.", ["x"]);
  assert.equal(
    metrics.text(),
    [
      "# HELP inflight Now.",
      "# TYPE inflight gauge",
      "inflight 3",
      "# HELP requests_total Requests\\nserved.",
      "# TYPE requests_total counter",
      'requests_total{verb="GET",path="a\\"b\\\\c"} 3',
      "",
    ].join("\n"),
  );
});

test("buckets of a histogram are cumulative; a value on the bound is within", () => {
  const metrics = new Metrics();
  const seconds = metrics.histogram("seconds", "Time.", { labelNames: ["verb"], buckets: [0.1, 1] }).labels("GET");
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(value);
  assert.deepEqual(metrics.text().split("\n").slice(2, 7), [
    'seconds_bucket{verb="GET",le="0.1"} 2',
    'seconds_bucket{verb="GET",le="1"} 3',
    'seconds_bucket{verb="GET",le="+Inf"} 4',
    'seconds_sum{verb="GET"} 7.65',
    'seconds_count{verb="GET"} 4',
  ]);
});

test("a name that is asked for twice is one family", () => {
  const metrics = new Metrics();
  metrics.counter("n", "N.").labels().inc();
  metrics.counter("n", "N.").labels().inc();
  assert.match(metrics.text(), /^n 2$/m);
});

test("collectors run when somebody asks, until they are taken back", () => {
  const metrics = new Metrics();
  const depth = metrics.gauge("depth", "Depth.", ["queue"]);
  let asked = 0;
  const remove = metrics.onCollect(() => depth.labels("a").set(++asked));
  assert.match(metrics.text(), /depth{queue="a"} 1/);
  remove();
  depth.clear();
  assert.equal(metrics.text(), "");
});

test("a family does not grow without bound", () => {
  const metrics = new Metrics();
  const family = metrics.counter("n", "N.", ["value"]);
  for (let value = 0; value < 10_500; value++) family.labels(String(value)).inc();
  assert.equal(metrics.text().split("\n").length, 10_000 + 3);
});

test("what is not wanted is not told, and values of labels that nobody allowed are one", () => {
  const metrics = new Metrics();
  const asked = metrics.counter("asked_total", "Asked.", ["code", "verb"]);
  metrics.counter("noise_total", "Noise.").labels().inc();
  metrics.restrict({
    disabled: new Set(["noise_total"]),
    allowed: new Map([["asked_total", new Map([["code", new Set(["200"])]])]]),
  });
  for (const code of ["200", "404", "500", "404"]) asked.labels(code, "GET").inc();
  assert.deepEqual(
    metrics
      .text()
      .split("\n")
      .filter((line) => /^[a-z]/.test(line)),
    ['asked_total{code="200",verb="GET"} 1', 'asked_total{code="unexpected",verb="GET"} 3'],
  );
});
