import assert from "node:assert/strict";
import { test } from "node:test";
import { auditOf } from "./audit-options.ts";
import type { Invocation } from "./command.ts";
import { requestTimeoutOf, watchSecondsOf } from "./flow-control-options.ts";

const given = (options: Record<string, string>): Invocation => ({ options }) as unknown as Invocation;

test("modes and truncation of audit backends", () => {
  const { log, webhook } = auditOf(
    given({
      "audit-log-mode": "blocking-strict",
      "audit-webhook-config-file": "/w",
      "audit-webhook-truncate-enabled": "true",
      "audit-webhook-truncate-max-event-size": "1000",
    }),
  );
  assert.deepEqual([log.mode, log.truncate], ["blocking-strict", undefined]);
  assert.deepEqual([webhook?.mode, webhook?.truncate], ["batch", { maxEventBytes: 1000, maxBatchBytes: 10_485_760 }]);
  assert.throws(() => auditOf(given({ "audit-log-mode": "later" })), /batch, blocking or blocking-strict, not "later"/);
  const wrong = { "audit-log-truncate-enabled": "true", "audit-log-truncate-max-event-size": "20000000" };
  assert.throws(() => auditOf(given(wrong)), /at most --audit-log-truncate-max-batch-size/);
});

test("the request timeout", () => {
  assert.equal(requestTimeoutOf(given({})), 60_000);
  assert.equal(requestTimeoutOf(given({ "request-timeout": "1m30s" })), 90_000);
  for (const wrong of ["0s", "-1s", "soon"]) {
    assert.throws(() => requestTimeoutOf(given({ "request-timeout": wrong })), /--request-timeout/, wrong);
  }
  assert.equal(watchSecondsOf(given({})), 1800);
  assert.equal(watchSecondsOf(given({ "min-request-timeout": "60" })), 60);
  for (const wrong of ["1m", "0"]) {
    assert.throws(() => watchSecondsOf(given({ "min-request-timeout": wrong })), /--min-request-timeout/, wrong);
  }
});
