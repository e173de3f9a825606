import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestScope } from "./request-scope.ts";

test("the end is told once to all who asked and did not take it back", () => {
  const scope = new RequestScope();
  const told: string[] = [];
  const callbacks = ["a", "b", "c"].map((name) => () => void told.push(name));
  for (const callback of callbacks) scope.after(callback);
  scope.notAfter(callbacks[1]!);
  scope.end("over");
  scope.end("over again");
  assert.deepEqual(told, ["a", "c"]);
  scope.after(callbacks[1]!);
  assert.deepEqual(told, ["a", "c", "b"]);
});

test("one alone may take it back as well", () => {
  const scope = new RequestScope();
  const never = (): void => assert.fail("told");
  scope.after(never);
  scope.notAfter(never);
  scope.notAfter(never);
  scope.end("over");
  assert.equal(scope.signal.reason, "over");
});
