import assert from "node:assert/strict";
import { test } from "node:test";
import type { Invocation } from "./command.ts";
import { metricsOf } from "./metrics-options.ts";

const asked = (options: Record<string, string | string[]>) => metricsOf({ options } as unknown as Invocation);

test("metrics are told as they are, unless somebody says otherwise", () => {
  assert.equal(asked({}), undefined);
  assert.equal(asked({ "show-hidden-metrics-for-version": "1.35" }), undefined);
  const given = asked({
    "disabled-metrics": ["a_total,b_seconds", "c"],
    "allow-metric-labels": ["apiserver_request_total,code=200,404", "apiserver_request_total,verb=GET", "x,y="],
  });
  assert.deepEqual([...given!.disabled], ["a_total", "b_seconds", "c"]);
  const labels = given!.allowed.get("apiserver_request_total");
  assert.deepEqual([...labels!.get("code")!], ["200", "404"]);
  assert.deepEqual([...labels!.get("verb")!], ["GET"]);
  assert.deepEqual([...given!.allowed.get("x")!.get("y")!], [""]);
});

test("what cannot be is told", () => {
  for (const version of ["1.36", "1.34", "one"]) {
    assert.throws(() => asked({ "show-hidden-metrics-for-version": version }), {
      message:
        "--show-hidden-metrics-for-version must be omitted or have the value '1.35'. Only the previous minor version is allowed",
      exitCode: 2,
    });
  }
  for (const pair of ["total=1", "a,b", "a b,c=d", ""]) {
    assert.throws(() => asked({ "allow-metric-labels": [pair] }), /must have a list of kv pair/, pair);
  }
});
