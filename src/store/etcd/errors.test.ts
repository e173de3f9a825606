import assert from "node:assert/strict";
import { test } from "node:test";
import { etcdError } from "./errors.ts";

test("a member that cannot be reached is told in words for people, and the call may be made again", () => {
  const refused = "connect ECONNREFUSED 127.0.0.1:2379";
  const details = `No connection established. Last error: Error: ${refused}. Resolution note: `;
  const { message, failure, isOfEndpoint } = etcdError({ code: 14, details }, "http://127.0.0.1:2379");
  assert.equal(message, `etcd at http://127.0.0.1:2379: No connection established. ${refused}`);
  assert.equal(failure, "notDone");
  assert.equal(isOfEndpoint, true);
});

test("other texts of etcd stay as they are", () => {
  const details = "etcdserver: request is too large";
  assert.equal(etcdError({ code: 3, details }, "e").message, `etcd at e: ${details}`);
});
