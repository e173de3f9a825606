import assert from "node:assert/strict";
import { test } from "node:test";
import type { Invocation } from "./command.ts";
import { serverChoicesOf } from "./server-options.ts";

test("what a server was started with is told by its flags, with their defaults and without secrets", () => {
  const options = { "request-timeout": "5s", token: "abc", "no-node": true };
  const { flags = {} } = serverChoicesOf({ options } as unknown as Invocation);
  const { "request-timeout": timeout, "max-requests-inflight": reads, "audit-policy-file": none, token } = flags;
  assert.deepEqual([timeout, reads, none, token, flags["no-node"]], ["5s", "400", "", "CLASSIFIED", "true"]);
});
